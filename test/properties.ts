import fc from "fast-check"

/**
 * Property tests draw the same cases every time, so that whether a change is sound does not depend on luck. Other
 * cases are looked for on purpose: `PROPERTY_SEED=random npm test`, or with a number that a failure named.
 */
const given = process.env["PROPERTY_SEED"] ?? "20261121"

if (given !== "random") {
  const seed = Number(given)
  if (!Number.isInteger(seed))
    throw new Error(`PROPERTY_SEED is "${given}": give a whole number, or random.`)
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })
}
