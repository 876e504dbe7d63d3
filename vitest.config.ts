import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** What starts the whole system takes longest and waits most: it begins first, whatever the last run has left behind. */
class WholeSystemFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    const isWhole = ({ moduleId }: TestSpecification) => moduleId.includes("/apps/start/test/")
    return [...sorted.filter(isWhole), ...sorted.filter((file) => !isWhole(file))]
  }
}

// isolate: false: modules hold no mutable state (layers do), so one worker may share them.
export default defineConfig({
  test: {
    include: ["**/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/.data/**"],
    isolate: false,
    // Two also on one core, since tests wait for processes half of their time; few, since Postgres is shared.
    maxWorkers: Math.min(availableParallelism() + 1, 4),
    sequence: { sequencer: WholeSystemFirst },
    globalSetup: ["test/globalSetup.ts"],
    setupFiles: ["test/properties.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
