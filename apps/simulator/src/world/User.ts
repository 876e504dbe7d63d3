import * as Schema from "effect/Schema"
import { person } from "../companyNames.ts"
import { guidOf } from "../Random.ts"

/** What a partner's user may do ("Permissions overview": Partner Center roles; Entra roles). */
export const roles = ["globalAdmin", "adminAgent"] as const
export type Role = (typeof roles)[number]

/** The name by which somebody signs in. Its domain need not be the partner's: guests exist. */
export const UserPrincipalName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9._#-]{0,80}@[A-Za-z0-9][A-Za-z0-9.-]{1,80}$/u, {
    message: "a name at a domain, such as admin@contoso.onmicrosoft.com"
  })
)

/** Somebody to add to a partner's tenant. */
export const UserInput = Schema.Struct({
  userPrincipalName: UserPrincipalName,
  name: Schema.String.check(Schema.isBetweenLength(1, 100)).annotate({
    description: "as it is displayed"
  }),
  roles: Schema.optionalKey(Schema.Array(Schema.Literals(roles))).annotate({
    description:
      "globalAdmin may consent for the whole tenant; either role may use Partner Center. Default: none"
  }),
  mfa: Schema.optionalKey(Schema.Boolean).annotate({
    description: "whether a second factor is set up, and then used. Default false"
  })
}).annotate({ identifier: "UserInput" })
export type UserInput = typeof UserInput.Type

export interface User {
  /** In lower case. */
  readonly upn: string
  readonly name: string
  readonly roles: ReadonlyArray<Role>
  readonly mfa: boolean
  /** Refresh tokens issued until then were revoked. */
  readonly sessionsValidFrom: number
}

export const userOf = ({ userPrincipalName, name, roles = [], mfa = false }: UserInput): User => ({
  upn: userPrincipalName.toLowerCase(),
  name,
  roles,
  mfa,
  sessionsValidFrom: 0
})

/** One user for each way that a consent can go: right, without a second factor, and without the rights. */
export const initialUsers = (domain: string): ReadonlyArray<User> => [
  initialUser(`admin@${domain}`, 0, roles, true),
  initialUser(`admin.without.mfa@${domain}`, 1, roles, false),
  initialUser(`sales@${domain}`, 2, [], true)
]

const initialUser = (
  upn: string,
  number: number,
  held: ReadonlyArray<Role>,
  mfa: boolean
): User => {
  const { firstName, lastName } = person(number)
  return { upn, name: `${firstName} ${lastName}`, roles: held, mfa, sessionsValidFrom: 0 }
}

/** The object id that belongs to a name in a tenant. */
export const objectIdOf = (tenantId: string, upn: string): string =>
  guidOf(`${tenantId}/users/${upn.toLowerCase()}`)
