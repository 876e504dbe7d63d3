// Adds up the results of the test runs and prints them as one line; fails when any failed or none ran.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const [folder = "."] = process.argv.slice(2)
const sum = { passed: 0, failed: 0, skipped: 0 }
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(join(folder, file), "utf8")
  )
  sum.passed += numPassedTests
  sum.failed += numFailedTests
  sum.skipped += numPendingTests + numTodoTests
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0
