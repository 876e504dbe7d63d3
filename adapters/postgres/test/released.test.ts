import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { migrations } from "../src/migrations/index.ts"

/**
 * SHA-256 of the migrations that databases out there have taken. A line is added when a release ships a migration and
 * never changed afterwards: such a database would not take the changed step again, and differ from a new one for ever.
 */
const released: Readonly<Record<string, string>> = {
  "0001_foundation": "fa91b2184a316f364a5003f00a40fd1dc260ca2653e8b96640d46de253087724"
}

const folder = join(import.meta.dirname, "../src/migrations")

it.each(Object.entries(released))(
  "the released migration %s is as it was released; a new one corrects it",
  (name, hash) => {
    const text = readFileSync(join(folder, `${name}.ts`))
    expect(createHash("sha256").update(text).digest("hex")).toBe(hash)
  }
)

it("released migrations come first, in their order, and names only grow", () => {
  const names = migrations.map(({ name }) => name)
  expect(names.slice(0, Object.keys(released).length)).toEqual(Object.keys(released))
  expect(names).toEqual(names.toSorted())
})
