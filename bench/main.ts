import { spawnSync } from "node:child_process"
import { availableParallelism, loadavg } from "node:os"
import { join } from "node:path"

/** Every benchmark, each in a process of its own, or those that are named: `npm run bench -- compare excel`. */
const all = [
  "compare",
  "report",
  "mirror",
  "throttle",
  "catalogue",
  "excel",
  "pricesheet",
  "mail",
  "products",
  "accounts",
  "search",
  "import"
]
const named = process.argv.slice(2)
const unknown = named.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no benchmark ${unknown.join(", ")}; there are ${all.join(", ")}.\n`
  )
  process.exit(1)
}
process.stdout.write(
  `Node ${process.version}, ${availableParallelism()} cores, load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(" ")}. Compare ratios, not seconds, with your machine.\n`
)
for (const name of named.length > 0 ? named : all) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`)], {
    stdio: "inherit"
  })
  if (status !== 0) process.exitCode = 1
}
