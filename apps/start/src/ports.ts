import { createServer } from "node:net"
import { Effect } from "effect"
import { StartError } from "./StartError.ts"

/** Fails when somebody listens there already, naming the setting that chooses another port. */
export const mustBeFree = (what: string, host: string, port: number, setting: string) =>
  Effect.callback<void, StartError>((resume) => {
    const probe = createServer()
    probe.once("error", (error: NodeJS.ErrnoException) => {
      resume(
        Effect.fail(
          new StartError({
            problem:
              error.code === "EADDRINUSE"
                ? `Port ${port} of ${host}, where the ${what} listens, is in use.`
                : `The ${what} cannot listen on ${host}:${port}: ${error.message}.`,
            wayOut: `Stop what uses it, or set ${setting} to another port.`
          })
        )
      )
    })
    probe.listen({ host, port, exclusive: true }, () => {
      probe.close(() => resume(Effect.void))
    })
  })
