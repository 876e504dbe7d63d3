import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"

/** Where the API answers while the console is worked on. */
const api = process.env["CONCORDAT_URL"] ?? "http://127.0.0.1:3000"

export default defineConfig(({ command }) => {
  // Whoever builds it, such as a test, builds what operators get: not React's slower half for developers.
  if (command === "build") Object.assign(process.env, { NODE_ENV: "production" })
  return {
    root: import.meta.dirname,
    plugins: [react()],
    // The server puts a fresh nonce in its place with each answer.
    html: { cspNonce: "__CSP_NONCE__" },
    build: {
      outDir: "dist",
      emptyOutDir: true,
      target: "es2022",
      sourcemap: false,
      // An inlined asset would need an exception from the content security policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false
    },
    server: { proxy: { "/v1": api } }
  }
})
