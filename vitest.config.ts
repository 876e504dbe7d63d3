import { defineConfig } from "vitest/config"

// isolate: false: modules hold no mutable state (layers do), so one worker may share them.
export default defineConfig({
  test: {
    include: ["**/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/.data/**"],
    isolate: false,
    globalSetup: ["test/globalSetup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000
  }
})
