import { spawnSync } from "node:child_process"
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { allowedWorkspaces, forbiddenImports } from "./boundaries.ts"

const root = resolve(import.meta.dirname, "..")
const manifest = (folder: string): { name: string; dependencies?: Record<string, string> } =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))

for (const folder of globSync(["core", "contracts", "adapters/*", "apps/*"], { cwd: root })) {
  const layer = folder.split("/")[0] ?? ""
  const { name, dependencies = {} } = manifest(folder)
  describe(name, () => {
    it("declares only the workspaces its layer may see", () => {
      const seen = Object.keys(dependencies).filter(
        (dependency) =>
          dependency.startsWith("@concordat/") && !allowedWorkspaces[layer]?.test(dependency)
      )
      expect(seen).toEqual([])
    })
    it("imports only what it declares and never leaves its folder", () => {
      const wrong = globSync(`${folder}/src/**/*.{ts,tsx}`, { cwd: root }).flatMap((file) =>
        forbiddenImports(root, folder, dependencies, file, readFileSync(join(root, file), "utf8"))
      )
      expect(wrong).toEqual([])
    })
  })
}

describe("a forbidden import is refused", () => {
  const file = "core/src/order/placeOrder.ts"
  const imports = (specifier: string) => `import { x } from "${specifier}"\nexport const y = x\n`

  it("by this test, for packages, platform modules, neighbours and unstable parts of effect", () => {
    const refused = (specifier: string) =>
      forbiddenImports(root, "core", { effect: "4.1.0" }, file, imports(specifier)).length === 1
    expect(refused("kysely")).toBe(true)
    expect(refused("node:fs")).toBe(true)
    expect(refused("../../../adapters/postgres/src/Database.ts")).toBe(true)
    expect(refused("effect/http")).toBe(true)
    expect(refused("effect/Schema")).toBe(false)
    expect(refused("../money/Money.ts")).toBe(false)
  })

  it("by the linter, with the rules and the manifest of the core", () => {
    const folder = mkdtempSync(join(tmpdir(), "concordat-boundaries-"))
    try {
      const { vcs: _, ...rules } = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"))
      writeFileSync(join(folder, "biome.json"), JSON.stringify(rules))
      copyFileSync(join(root, "core/package.json"), join(folder, "package.json"))
      const lint = (specifier: string) => {
        writeFileSync(join(folder, "placeOrder.ts"), imports(specifier))
        return spawnSync(
          join(root, "node_modules/.bin/biome"),
          ["lint", "--only=correctness/noUndeclaredDependencies", "placeOrder.ts"],
          { cwd: folder, encoding: "utf8" }
        )
      }
      const refused = lint("kysely")
      expect(`${refused.stdout}${refused.stderr}`).toContain("Dependency kysely")
      expect(refused.status).not.toBe(0)
      expect(lint("effect").status).toBe(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
