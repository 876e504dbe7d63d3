import { createHash, timingSafeEqual } from "node:crypto"
import { Hono } from "hono"
import type { Simulator } from "../Simulator.ts"
import { ControlRefusal } from "../world/refusals.ts"
import { accountEndpoints } from "./accountEndpoints.ts"
import { catalogueEndpoints } from "./catalogueEndpoints.ts"
import type { Endpoint } from "./Endpoint.ts"
import { openApiDocument } from "./openapi.ts"
import { problem } from "./Problem.ts"
import { signInEndpoints } from "./signInEndpoints.ts"
import { tenantEndpoints } from "./tenantEndpoints.ts"
import { trafficEndpoints } from "./trafficEndpoints.ts"

export const endpoints: ReadonlyArray<Endpoint> = [
  ...accountEndpoints,
  ...catalogueEndpoints,
  ...signInEndpoints,
  ...tenantEndpoints,
  ...trafficEndpoints
]

const bodyBytesMax = 1024 * 1024

/** The control API under `/_simulator`. With a key, every request but the one for the document needs it. */
export const controlApp = (simulator: Simulator, controlKey: string | null): Hono => {
  const app = new Hono().basePath("/_simulator")
  app.get("/openapi.json", (context) => context.json(openApiDocument(endpoints)))
  app.use(async (context, next) => {
    if (controlKey === null || isKey(context.req.header("authorization"), controlKey)) {
      await next()
      return
    }
    return problem(
      401,
      "wrong-key",
      "Send Authorization: Bearer with the simulator's SIMULATOR_CONTROL_KEY."
    )
  })
  for (const one of endpoints) {
    app.on(one.method, one.path.replace("{name}", ":name"), async (context) => {
      const body = one.payload === null ? "" : await textOf(context.req.raw)
      if (body === null)
        return problem(413, "body-too-large", `A body may have ${bodyBytesMax} bytes.`)
      return one.handle({
        simulator,
        name: context.req.param("name") ?? "",
        origin: new URL(context.req.url).origin,
        query: context.req.query(),
        body
      })
    })
  }
  app.notFound(() =>
    problem(404, "no-such-operation", "See /_simulator/openapi.json for what there is.")
  )
  app.onError((error) => {
    if (error instanceof ControlRefusal)
      return problem(
        error.status,
        error.slug,
        error.message,
        error.field === undefined ? undefined : [{ field: error.field, message: error.message }]
      )
    console.error(error)
    return problem(500, "bug", "The simulator failed; its log has the cause.")
  })
  return app
}

/** null when the body is longer than allowed; the rest of it is not read. */
const textOf = async (request: Request): Promise<string | null> => {
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

const isKey = (authorization: string | undefined, key: string): boolean =>
  timingSafeEqual(digest(authorization ?? ""), digest(`Bearer ${key}`))
