import { defineConfig } from "vitest/config"

/** Takes the pictures of docs/console-walk.md: a new operator's way through the console, by the page alone. */
export default defineConfig({
  test: {
    include: ["apps/console/browser/**/*.pictures.ts"],
    exclude: ["**/node_modules/**", "**/.data/**"],
    globalSetup: ["test/globalSetup.ts", "apps/console/browser/shared.ts"],
    testTimeout: 300_000,
    hookTimeout: 60_000
  }
})
