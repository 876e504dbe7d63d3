import * as Schema from "effect/Schema"
import type { Customer } from "../world/Account.ts"
import {
  type DirectoryUser,
  directoryOf,
  directoryRoles,
  directoryUsersMax,
  domainsOf
} from "../world/Tenant.ts"
import { objectIdOf } from "../world/User.ts"
import { type Answer, json, Refusal, standardError } from "./Answer.ts"
import { bodyOf } from "./body.ts"
import { type Call, customerOfCall, invalidProperty, parameter, sizeOf } from "./Call.ts"
import { pageAnswer, positionOf } from "./paging.ts"
import { collection, link } from "./resource.ts"

const sizeMax = 500

const resource = (customer: Customer, user: DirectoryUser) => ({
  usageLocation: user.usageLocation ?? undefined,
  id: user.id,
  userPrincipalName: user.upn,
  firstName: user.firstName ?? undefined,
  lastName: user.lastName ?? undefined,
  displayName: user.displayName,
  userDomainType: "none",
  state: user.active ? "active" : "inactive",
  links: { self: link(`/customers/${customer.id}/users/${user.id}`) },
  attributes: { objectType: "CustomerUser" }
})

/** GET /v1/customers/{id}/users?size=&seekOperation= */
export const listUsers = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const size = sizeOf(call, sizeMax)
  const users = directoryOf(customer).filter(({ active }) => active)
  const from = positionOf(call)
  const next = from + size
  return pageAnswer(`/customers/${customer.id}/users`, [`size=${size}`], {
    items: users.slice(from, next).map((user) => resource(customer, user)),
    next: next < users.length ? next : null
  })
}

/** GET /v1/customers/{id}/users/{uid} */
export const getUser = (call: Call): Answer => {
  const customer = customerOfCall(call)
  return json(resource(customer, userOfCall(call, customer)))
}

const userOfCall = (call: Call, customer: Customer): DirectoryUser => {
  const id = parameter(call, 1).toLowerCase()
  const user = directoryOf(customer).find((one) => one.id === id)
  if (user === undefined)
    throw new Refusal(standardError(404, 60002, `User ${id.slice(0, 64)} was not found.`))
  return user
}

const Text = Schema.optionalKey(Schema.String)
const Password = Schema.Struct({
  password: Schema.String,
  forceChangePassword: Schema.optionalKey(Schema.Boolean)
})

const newUserIn = bodyOf(
  Schema.Struct({
    usageLocation: Schema.String,
    userPrincipalName: Schema.String,
    firstName: Text,
    lastName: Text,
    displayName: Schema.NonEmptyString,
    passwordProfile: Password
  })
)

/** Microsoft's rule for passwords, in short. */
const isStrong = (password: string): boolean =>
  password.length >= 8 &&
  password.length <= 256 &&
  [/[a-z]/u, /[A-Z]/u, /\d/u, /[^A-Za-z0-9]/u].filter((kind) => kind.test(password)).length >= 3

const strong = (password: string): string => {
  if (!isStrong(password)) throw new Refusal(invalidProperty("passwordProfile.password"))
  return password
}

/** POST /v1/customers/{id}/users. The password comes back, as documented, and once. */
export const addUser = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const wanted = newUserIn(call)
  const upn = wanted.userPrincipalName.toLowerCase()
  const [name = "", domain = "", ...rest] = upn.split("@")
  const users = directoryOf(customer)
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/u.test(name) || rest.length > 0)
    throw new Refusal(invalidProperty("userPrincipalName"))
  if (!domainsOf(customer).includes(domain))
    throw new Refusal(
      standardError(400, 400, `${domain.slice(0, 200)} is no verified domain of the tenant.`, [
        "userPrincipalName"
      ])
    )
  if (users.some((user) => user.upn === upn))
    throw new Refusal(
      standardError(409, 409, `A user ${upn} exists already.`, ["userPrincipalName"])
    )
  if (users.length >= directoryUsersMax)
    throw new Refusal(standardError(400, 60012, "The directory is full."))
  const user: DirectoryUser = {
    id: objectIdOf(customer.id, upn),
    upn,
    firstName: wanted.firstName ?? null,
    lastName: wanted.lastName ?? null,
    displayName: wanted.displayName,
    usageLocation: wanted.usageLocation,
    password: strong(wanted.passwordProfile.password),
    forceChangePassword: wanted.passwordProfile.forceChangePassword ?? false,
    active: true,
    roles: []
  }
  call.simulator.putUser(call.account.name, customer, user)
  return json(withPassword(customer, user))
}

/** What answers to writing show besides. */
const withPassword = (customer: Customer, user: DirectoryUser) => ({
  ...resource(customer, user),
  immutableId: "",
  passwordProfile: {
    forceChangePassword: user.forceChangePassword,
    password: user.password ?? ""
  },
  lastDirectorySyncTime: null,
  softDeletionTime: null
})

const changeIn = bodyOf(
  Schema.Struct({
    usageLocation: Text,
    firstName: Text,
    lastName: Text,
    displayName: Text,
    passwordProfile: Schema.optionalKey(Password)
  })
)

/** PATCH /v1/customers/{id}/users/{uid}[/resetpassword]: what is left out stays. */
export const updateUser = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const before = userOfCall(call, customer)
  const { passwordProfile, ...fields } = changeIn(call)
  const user: DirectoryUser = {
    ...before,
    ...fields,
    ...(passwordProfile === undefined
      ? {}
      : {
          password: strong(passwordProfile.password),
          forceChangePassword: passwordProfile.forceChangePassword ?? false
        })
  }
  call.simulator.putUser(call.account.name, customer, user)
  return json(withPassword(customer, user))
}

/** GET /v1/customers/{id}/directoryroles */
export const listDirectoryRoles = (call: Call): Answer => {
  const { id } = customerOfCall(call)
  return json(
    collection(
      directoryRoles.map((role) => ({ ...role, attributes: { objectType: "DirectoryRole" } })),
      { self: link(`/customers/${id}/directoryroles`) }
    )
  )
}

const roleOfCall = (call: Call): string => {
  const wanted = parameter(call, 1).toLowerCase()
  if (!directoryRoles.some(({ id }) => id === wanted))
    throw new Refusal(standardError(404, 404, `Role ${wanted.slice(0, 64)} was not found.`))
  return wanted
}

const member = (user: DirectoryUser, roleId: string) => ({
  displayName: user.displayName,
  userPrincipalName: user.upn,
  roleId,
  id: user.id,
  attributes: { objectType: "UserMember" }
})

/** GET /v1/customers/{id}/directoryroles/{rid}/usermembers */
export const listUserMembers = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const roleId = roleOfCall(call)
  const members = directoryOf(customer).filter(
    ({ active, roles }) => active && roles.includes(roleId)
  )
  return pageAnswer(`/customers/${customer.id}/directoryroles/${roleId}/usermembers`, [], {
    items: members.map((user) => member(user, roleId)),
    next: null
  })
}

const memberIn = bodyOf(Schema.Struct({ id: Schema.String }))

/** POST /v1/customers/{id}/directoryroles/{rid}/usermembers */
export const addUserMember = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const roleId = roleOfCall(call)
  const { id } = memberIn(call)
  const user = directoryOf(customer).find((one) => one.id === id.toLowerCase())
  if (user === undefined)
    throw new Refusal(standardError(404, 60002, `User ${id.slice(0, 64)} was not found.`))
  if (user.roles.includes(roleId))
    throw new Refusal(standardError(409, 409, "The user has the role already."))
  const changed = { ...user, roles: [...user.roles, roleId] }
  call.simulator.putUser(call.account.name, customer, changed)
  return json(member(changed, roleId), 201)
}
