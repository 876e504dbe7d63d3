// fill in optional platform packages that the registry mirror could not serve
import { readFileSync, writeFileSync } from "node:fs"

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"))
let n = 0
for (const [key, pkg] of Object.entries(lock.packages))
  for (const [dep, version] of Object.entries(pkg.optionalDependencies ?? {})) {
    if (key === "") continue
    const at = `node_modules/${dep}`
    if (lock.packages[at]) continue
    const [, os, cpu] =
      /-(android|darwin|linux|win32|windows|freebsd|openharmony)-(\w+)/.exec(dep) ??
      /\/(darwin|windows)-(\w+)/.exec(dep) ??
      []
    lock.packages[at] = {
      version,
      cpu: [cpu === "64" ? "x64" : cpu],
      dev: true,
      optional: true,
      os: [os === "windows" ? "win32" : os]
    }
    n++
  }
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
)
writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n")
console.log("added", n)
