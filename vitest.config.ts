import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

// isolate: false: modules hold no mutable state (layers do), so one worker may share them.
export default defineConfig({
  test: {
    include: ["**/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/.data/**"],
    isolate: false,
    // Two also on two cores, since tests wait for processes half of their time; few, since Postgres is shared.
    maxWorkers: Math.min(Math.max(availableParallelism(), 2), 4),
    globalSetup: ["test/globalSetup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000
  }
})
