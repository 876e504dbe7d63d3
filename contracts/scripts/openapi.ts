import { mkdirSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { openApiDocument } from "@concordat/contracts/Api"

// The document follows from the contract alone, so that the same contract always gives the same bytes.
const file = resolve(import.meta.dirname, "../../docs/openapi.json")
mkdirSync(resolve(file, ".."), { recursive: true })
writeFileSync(file, `${JSON.stringify(openApiDocument(), null, 2)}\n`)
console.log(file)
