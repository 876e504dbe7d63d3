import { rmSync, writeFileSync } from "node:fs"

/** Writes a file that only its owner reads, instead of the one there may be. */
export const writePrivate = (path: string, content: string): void => {
  rmSync(path, { force: true })
  writeFileSync(path, content, { mode: 0o600, flag: "wx" })
}
