import { runMain } from "@effect/platform-node/NodeRuntime"
import { Exit } from "effect"
import { concordat, exitCode } from "./concordat.ts"

// Whoever reads the pipe may stop reading, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCode.agreed)
})

runMain(concordat(process.argv.slice(2)), {
  disableErrorReporting: true,
  teardown: (exit, onExit) =>
    onExit(
      Exit.isSuccess(exit) && typeof exit.value === "number" ? exit.value : exitCode.interrupted
    )
})
