import { openApiDocument } from "@concordat/contracts/Api"
import { callbackPath, eventsPath, startPath } from "./PublicUrl.ts"

/** An address of the API with its ids left open, and the methods it takes. */
export interface Route {
  readonly path: string
  readonly methods: ReadonlyArray<string>
}

/** Which route a URL belongs to, whatever the method; undefined for addresses that do not exist. */
export const routeOf = (url: string): Route | undefined => {
  const path = url.split("?", 1)[0] ?? ""
  return routes.find(({ pattern }) => pattern.test(path))
}

const methodsOf = (operations: object): ReadonlyArray<string> =>
  Object.keys(operations)
    .map((method) => method.toUpperCase())
    .flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))

const routes: ReadonlyArray<Route & { readonly pattern: RegExp }> = [
  ...Object.entries(openApiDocument().paths).map(([path, operations]) => ({
    path,
    methods: methodsOf(operations)
  })),
  ...["/readyz", "/metrics", eventsPath, `${startPath}/{ticket}`, callbackPath].map((path) => ({
    path,
    methods: ["GET", "HEAD"]
  }))
].map((route) => ({
  ...route,
  pattern: new RegExp(`^${route.path.replace(/\{[^}]+\}/g, "[^/]+")}$`)
}))
