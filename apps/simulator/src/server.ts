import { createServer, type Server } from "node:http"
import { getRequestListener } from "@hono/node-server"
import { Clock } from "./Clock.ts"
import { controlApp } from "./control/app.ts"
import { fileJournal, noJournal } from "./Journal.ts"
import { serve } from "./partnerCenter/serve.ts"
import { Simulator } from "./Simulator.ts"
import type { ResetRequest } from "./world/Operation.ts"

export interface SimulatorOptions {
  /** 0 (the default) takes any free port. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** The first world, when there is no stored one. Default: the demo's two partners. */
  readonly initial?: ResetRequest
  /** Where the operations are kept so that a restart finds the same world. Default: nowhere. */
  readonly stateFile?: string
  /** Needed as a bearer token by the control API. Default: none. */
  readonly controlKey?: string
  /** ISO 8601: starts with a clock that stands there until it is moved. Default: the machine's time. */
  readonly stoppedAt?: string
}

export interface RunningSimulator {
  /** Where both the sign-in service and Partner Center are, such as http://127.0.0.1:4500. */
  readonly url: string
  /** What it simulates, for who shares its process. */
  readonly simulator: Simulator
  /** Stops listening and cuts open connections. */
  readonly close: () => Promise<void>
}

/** Starts a simulator in this process. Several can run side by side, each with its own world and port. */
export const startSimulator = async (options: SimulatorOptions = {}): Promise<RunningSimulator> => {
  const { port = 0, host = "127.0.0.1", stateFile, controlKey, stoppedAt, initial } = options
  const clock =
    stoppedAt === undefined
      ? new Clock()
      : new Clock({ mode: "stopped", atMs: Date.parse(stoppedAt) })
  const journal = stateFile === undefined ? noJournal : fileJournal(stateFile)
  const simulator = new Simulator(clock, journal, initial)
  const app = controlApp(simulator, controlKey ?? null)
  const control = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const server = createServer({ keepAlive: true }, (request, response) => {
    if (/^\/_simulator(\/|$|\?)/u.test(request.url ?? "")) void control(request, response)
    else serve(simulator, request, response)
  })
  // Longer than the clients' own, so that they close first and never meet a closed connection.
  server.keepAliveTimeout = 75_000
  await listening(server, port, host)
  const address = server.address()
  const bound = typeof address === "object" && address !== null ? address.port : port
  const name = host.includes(":") ? `[${host}]` : host
  return {
    url: `http://${name}:${bound}`,
    simulator,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

const listening = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, () => {
      server.off("error", reject)
      resolve()
    })
  })
