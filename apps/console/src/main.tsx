import "@mantine/core/styles.css"
import "@mantine/spotlight/styles.css"
import "./frame/frame.css"
import { MantineProvider } from "@mantine/core"
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { createRoot } from "react-dom/client"
import { mayPass, Problem } from "./api/Problem.ts"
import { sessionQuery } from "./api/Session.tsx"
import { resolveVariables, theme } from "./frame/theme.ts"
import { router } from "./routes.tsx"

/** By which the server knows the styles that Mantine writes into the page. */
const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? ""
// The name under which the part that keeps the page from scrolling behind a dialogue looks for it.
Object.assign(globalThis, { __webpack_nonce__: nonce })

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      // The session has ended: the page asks who is there, and comes back to where it was.
      if (error instanceof Problem && error.status === 401)
        client.setQueryData(sessionQuery.queryKey, null)
    }
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && error instanceof Problem && mayPass(error),
      throwOnError: false
    }
  }
})

const root = document.getElementById("root")
if (root !== null)
  createRoot(root).render(
    <QueryClientProvider client={client}>
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        cssVariablesResolver={resolveVariables}
        getStyleNonce={() => nonce}
      >
        <RouterProvider router={router} />
      </MantineProvider>
    </QueryClientProvider>
  )
