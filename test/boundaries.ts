import { dirname, join, relative, resolve } from "node:path"

/** Who may depend on whom. Everything else follows from each package.json. */
export const allowedWorkspaces: Readonly<Record<string, RegExp>> = {
  core: /^$/,
  contracts: /^@concordat\/core$/,
  adapters: /^@concordat\/core$/,
  apps: /^@concordat\/(core|contracts|adapter-.+)$/
}

/** Modules of effect that may break in a minor release stay out of the core. */
const unstable = /^effect\/[a-z]/u

const importing =
  /^(?:import|export)\b[^"'`;]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gmu

export const specifiersOf = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(importing)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "")

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")

/** The imports of a file that its package does not allow. `file` and `folder` are relative to `root`. */
export const forbiddenImports = (
  root: string,
  folder: string,
  dependencies: Readonly<Record<string, string>>,
  file: string,
  text: string
): ReadonlyArray<string> => {
  const layer = folder.split("/")[0] ?? ""
  return specifiersOf(text)
    .filter((specifier) => {
      if (specifier.startsWith("."))
        return relative(join(root, folder), resolve(root, dirname(file), specifier)).startsWith(
          ".."
        )
      if (specifier.startsWith("node:")) return layer === "core" || layer === "contracts"
      if (layer === "core" && unstable.test(specifier)) return true
      return !(packageOf(specifier) in dependencies)
    })
    .map((specifier) => `${file}: ${specifier}`)
}
