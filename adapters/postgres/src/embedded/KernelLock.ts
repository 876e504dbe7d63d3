import { createHash } from "node:crypto"
import { rmSync } from "node:fs"
import { connect, createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Option, type Scope } from "effect"

/** Where the lock lives: a name that the kernel forgets when its holder dies, where there is such a thing. */
const addressOf = (name: string): string => {
  const id = `concordat-${createHash("sha256").update(name).digest("hex").slice(0, 32)}`
  if (process.platform === "linux") return `\0${id}`
  if (process.platform === "win32") return `\\\\.\\pipe\\${id}`
  return join(tmpdir(), `${id}.sock`)
}

const listen = (address: string): Effect.Effect<Option.Option<Server>> =>
  Effect.callback((resume) => {
    const server = createServer((socket) => socket.destroy())
    server.once("error", () => resume(Effect.succeedNone))
    server.listen({ path: address, exclusive: true }, () => {
      server.unref()
      resume(Effect.succeedSome(server))
    })
  })

/** Sockets in the file system outlive their holder; nobody answers on such a one. */
const removeWhenDead = (address: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const socket = connect(address)
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.void)
    })
    socket.once("error", () => {
      rmSync(address, { force: true })
      resume(Effect.void)
    })
  })

const close = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
  })

/**
 * Takes the lock `name` on this machine until the scope closes, unless another process holds it.
 * The kernel releases it when the process dies, however it dies.
 */
export const tryKernelLock = (name: string): Effect.Effect<boolean, never, Scope.Scope> => {
  const address = addressOf(name)
  const held = Effect.acquireRelease(listen(address), (server) =>
    Option.match(server, { onNone: () => Effect.void, onSome: close })
  ).pipe(Effect.map(Option.isSome))
  return address.startsWith("/")
    ? Effect.flatMap(held, (got) =>
        got ? Effect.succeed(true) : Effect.andThen(removeWhenDead(address), held)
      )
    : held
}
