/**
 * Fields that instances had before consent took the place of a user's password (domain.md §6). Nothing reads them,
 * and a password that nobody needs must not be kept.
 */
const retired: ReadonlyMap<string, string> = new Map([
  ["nativeappid", "Native App ID"],
  ["username", "Username"],
  ["password", "Password"],
  ["authorizationlink", "Authorization Link"]
])

/** The name of a retired field, however it is written (`nativeAppId`, `Native App ID`); undefined for any other. */
export const retiredField = (name: string): string | undefined =>
  retired.get(name.toLowerCase().replaceAll(/[^a-z]/gu, ""))

/** All ways to write the retired fields, for documents and parsers that know patterns only. */
export const retiredPattern = new RegExp(
  `^[^A-Za-z]*(${[...retired.keys()]
    .map((letters) =>
      [...letters].map((letter) => `[${letter}${letter.toUpperCase()}]`).join("[^A-Za-z]*")
    )
    .join("|")})[^A-Za-z]*$`,
  "u"
)

/** Why a retired field is refused, and what is there instead. */
export const retiredReason = (field: string): string =>
  `${field} is no setting any more: nobody's password is kept. An application signs in with its id and secret, and a person gives consent; leave the field out`
