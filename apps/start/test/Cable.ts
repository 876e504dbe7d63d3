import { connect, createServer, type Socket } from "node:net"
import { Effect, type Scope } from "effect"

/** The way to a server, which can be cut: what is at this end then sees what it sees when the server is gone. */
export interface Cable {
  /** The server's address, with this end of the cable as its host. */
  readonly url: string
  readonly cut: Effect.Effect<void>
  readonly mend: Effect.Effect<void>
}

export const openCable = (to: string): Effect.Effect<Cable, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const target = new URL(to)
      const ends = new Set<Socket>()
      const cable = createServer((near) => {
        const far = connect(Number(target.port), target.hostname)
        for (const [end, other] of [
          [near, far],
          [far, near]
        ] as const) {
          ends.add(end)
          end.on("error", () => other.destroy())
          end.on("close", () => {
            ends.delete(end)
            other.destroy()
          })
          end.pipe(other)
        }
      })
      const listen = (port: number) =>
        new Promise<void>((resolve) => cable.listen(port, "127.0.0.1", resolve))
      await listen(0)
      const address = cable.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const through = new URL(to)
      through.host = `127.0.0.1:${port}`
      return {
        url: through.href.replace(/\/$/u, ""),
        cut: Effect.promise(
          () =>
            new Promise<void>((resolve) => {
              cable.close(() => resolve())
              for (const end of ends) end.destroy()
            })
        ),
        mend: Effect.promise(() => listen(port))
      }
    }),
    ({ cut }) => cut
  )
