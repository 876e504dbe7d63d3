import { readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { openApiDocument } from "@concordat/contracts/Api"
import { AccountId } from "@concordat/core/account/Account"
import { Role, Scope, scopesOf } from "@concordat/core/actor/Actor"
import { columns } from "@concordat/core/book/columns"
import { InstanceId, TenantId } from "@concordat/core/instance/Instance"
import { actionsFor } from "@concordat/core/reconciliation/actions"
import { rulesDefault } from "@concordat/core/reconciliation/Customer"
import { FindingKind } from "@concordat/core/reconciliation/Finding"
import { kindFacts } from "@concordat/core/reconciliation/kinds"
import type { Observed } from "@concordat/core/subscription/Observed"
import {
  MicrosoftId,
  OfferId,
  Status,
  type Subscription,
  SubscriptionId
} from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"

// The tables of the guides that follow from the code. `npm run docs` writes them between the marks
// <!-- table: NAME --> and <!-- end -->; test/docs.test.ts refuses guides that were not written anew.

const root = resolve(import.meta.dirname, "../..")

/** What each kind means for an operator, where the title does not say it all. */
const meanings: Record<FindingKind, string> = {
  "not-found": "The book has it with a Microsoft ID that Partner Center does not know.",
  "only-in-partner-center": "Microsoft bills it and the book does not have it.",
  quantity: "Other seats. Critical where Partner Center holds more.",
  status:
    "One side is active and the other suspended or ended. A warning where only Partner Center suspended it.",
  "suspended-still-billed":
    "Suspended on both sides, or ended in the book: in new commerce Microsoft goes on billing it.",
  expired: "The term is over in Partner Center; the book still sells it.",
  offer: "Another product or SKU than agreed.",
  "billing-cycle": "Monthly, annual or triennial billing differs.",
  term: "Another commitment than agreed.",
  "auto-renew": "It will renew, or end, against what was agreed.",
  "paid-extension":
    "It neither renews nor ends: after its term Microsoft would extend it month by month and bill it.",
  "commitment-end": "The commitment ends at another time.",
  "scheduled-change-missing": "The book plans a change at the renewal; Partner Center has none.",
  "scheduled-change-different": "Both plan a change at the renewal, but not the same.",
  "scheduled-change-wiped": "It was there when both last agreed, and is gone.",
  "scheduled-change-unexpected": "Partner Center plans a change that nobody agreed.",
  "partner-of-record-empty": "The reseller gets no incentive for it.",
  "partner-of-record-different": "The incentive goes to another reseller.",
  "partner-of-record-not-allowed": "A direct partner's subscriptions must name none.",
  "duplicate-mapping": "Two rows of the book point to the same Microsoft ID; one of them is wrong.",
  "duplicate-subscription":
    "A product that may be active once in a tenant is there twice. Needs a catalogue.",
  "wrong-tenant": "Partner Center holds it in another customer's tenant.",
  "wrong-instance": "Another of your Partner Center accounts holds it.",
  parent: "The add-on hangs on another base subscription.",
  "trial-became-paid": "A trial was converted and is billed now.",
  "order-not-arrived": "No Microsoft ID yet, and more than 15 minutes since the order.",
  "friendly-name": "The customer's own name for it. Not compared in this release.",
  price:
    "The agreed price is not the protected one, nor what the account's price list says. Needs a price list."
}

/** Every action that is ever offered for a kind: over all states of both sides. */
const actionsOf = (kind: FindingKind): ReadonlyArray<string> => {
  const at = Instant.make(Date.UTC(2026, 10, 20))
  const states = Status.literals.flatMap((ours) =>
    Status.literals.map((theirs) => pairOf(ours, theirs))
  )
  const names = [
    ...states.map(([ours, theirs]) => actionsFor(kind, ours, theirs, { at, rules: rulesDefault })),
    ...states.map(([, theirs]) => actionsFor(kind, null, theirs, { at, rules: rulesDefault }))
  ].flatMap((actions) => actions.map(({ name }) => name))
  return [...new Set(names)]
}

const pairOf = (ours: Status, theirs: Status): readonly [Subscription, Observed] => {
  const guid = "0a1b2c3d-0000-4000-8000-00000000abcd"
  const terms = {
    offer: OfferId.make("CFQ7TTC0LH18:0001"),
    quantity: 5,
    billingCycle: "monthly",
    term: "P1Y",
    autoRenew: true,
    commitmentEnd: null,
    scheduledChange: null,
    partnerOfRecord: null,
    parent: null,
    isTrial: false,
    friendlyName: ""
  } as const
  const common = {
    instanceId: InstanceId.make(guid),
    tenantId: TenantId.make(guid),
    microsoftId: MicrosoftId.make(guid),
    name: ""
  }
  return [
    {
      ...common,
      id: SubscriptionId.make(guid),
      accountId: AccountId.make(guid),
      reference: "",
      isAddon: false,
      terms: { ...terms, status: ours },
      unitPrice: null,
      acceptedAt: null
    },
    {
      ...common,
      terms: { ...terms, status: theirs },
      orderId: null,
      effectiveStart: null,
      createdAt: null,
      cancellableUntil: null,
      refundable: [],
      etag: null
    }
  ]
}

/** What a client can do about each problem, by the last part of its type. */
const remedies: Record<string, string> = {
  "invalid-request": "Correct what `errors` names; each entry has the path and the reason.",
  unauthorized: "Send a valid key, or sign in again.",
  "sign-in-refused": "Correct name and password; an operator-admin can give a new password.",
  "cross-site-refused":
    "With a session, send `csrfToken` as `X-CSRF-Token` from a page of this server. Programs use a key.",
  forbidden: "Use a key with the scope that `scope` names.",
  "account-change-not-allowed":
    "The key's role may not touch what `field` names; ask the provider, or leave it out.",
  "instance-not-found": "`GET /v1/instances` lists them.",
  "consent-not-found":
    "Nobody has consented: `POST /v1/instances/{name}/consent` gives a link to sign in.",
  "account-not-found": "Search with `GET /v1/accounts?q=`. Outside your branch nothing exists.",
  "subscription-not-found": "Take `subscriptionId` of a report's row.",
  "reconciliation-not-found": "`GET /v1/reconciliations` lists them.",
  "saved-view-not-found": "`GET /v1/views` lists one's own.",
  "reconciliation-row-not-found": "`GET /v1/reconciliations/{id}/rows` lists them.",
  "key-not-found": "`GET /v1/keys` lists them.",
  "import-not-found": "`GET /v1/imports` lists them.",
  "import-customer-not-found": "`GET /v1/imports/{id}/customers` lists them, with their tenants.",
  "import-not-ready":
    "Follow the import until it is `ready`. One that failed or was cancelled has no hierarchy: ask for another one.",
  "import-under-way": "Wait until the import `id` is `ready`, or stop it.",
  "import-change-refused": "`field` is what does not fit; the detail says what to do instead.",
  "price-sheet-not-found": "`GET /v1/catalogue/pricesheets` lists them.",
  "price-sheet-outdated":
    "Import the sheet of `newest` or a later month; an older one would bring its prices back.",
  "price-sheet-invalid":
    "Correct the lines in `problems`, or export the sheet again; no price was changed.",
  "acceptance-not-found": "`GET /v1/agreements` lists those that you can see.",
  "agreement-refused":
    "`field` is what cannot be so. A text that is not shown any more: read the form again, and let it be confirmed.",
  "agreement-confirmed":
    "Nothing is to be done: `GET /v1/agreements/{id}` follows the one there is.",
  "acceptance-not-failed": "Nothing is to be done: it goes its way.",
  "partner-center-failed":
    "`reason` says what to do: try again later (`Busy`), authenticate the instance (`SignInRejected`, `Paused`), or look at what the detail says of the refusal.",
  "catalogue-run-not-found": "`GET /v1/catalogue/runs` lists them.",
  "product-not-found": "`GET /v1/catalogue/products?instance=` lists those of an instance.",
  "already-synchronised": "Nothing to do: the account has a tenant there.",
  "synchronization-under-way":
    "Look at `GET /v1/accounts/{id}/synchronization` until it has ended or asks something.",
  "synchronization-refused": "Correct what `problems` names, all of it, and send it again.",
  "product-type-not-found": "`GET /v1/catalogue/product-types` lists them.",
  "product-code-taken": "Choose another code.",
  "annual-not-supported": "Leave `annualEnabled` off.",
  "operator-not-found": "`GET /v1/operators` lists them.",
  "session-not-found": "`GET /v1/sessions` lists your own.",
  "operator-name-taken": "Choose another name, or give that operator a new password.",
  "last-administrator": "Make another operator an `operator-admin` first.",
  "too-many-attempts": "Wait as long as `Retry-After` says; it is never more than five minutes.",
  "job-not-found": "`GET /v1/jobs` lists them; one that is done is not kept.",
  "mail-not-found": "`GET /v1/outbox` lists them.",
  "bounce-unknown":
    "Hand in only reports about Concordat's own mails, with the headers of what came back.",
  "bounce-unreadable": "Hand in the whole message of a mail system's report, and no other mail.",
  "job-refused": "The detail says why, and what to do instead.",
  "mail-waits": "Nothing is to be done: it is sent when its turn comes.",
  "no-recipient": "Give the template, or the account, an address to send to.",
  "price-list-not-found": "`GET /v1/pricelists` lists them.",
  "price-group-not-found": "`GET /v1/pricegroups` lists them.",
  "route-not-found": "Correct the address.",
  "method-not-allowed": "Use a method that the `Allow` header names.",
  "instance-change-refused":
    "`field` and `detail` say why: data of two accounts is never mixed, a secret is never sent to other addresses than it was given for, and a switch waits for reconciliations.",
  "instances-not-imported":
    "Correct what `errors` names, by its place in the file, and import again; nothing was kept.",
  "instance-disabled": "Enable it: `PATCH /v1/instances/{name}` with `disabled` false.",
  "instance-name-taken": "Choose another name.",
  "account-code-taken":
    "When it is the same company, change that account; else choose another code.",
  "account-change-refused": "`field` is what cannot be so; the detail says what would be right.",
  "account-in-use":
    "End the subscriptions, and deactivate or move the accounts below it, which are counted.",
  "price-list-name-taken": "Choose another name.",
  "price-group-name-taken": "Choose another name.",
  "price-list-in-use": "Deactivate it, or unassign it from its accounts first.",
  "price-group-in-use": "Remove the entries of `lists` for it first.",
  "price-lists-overlap": "End `other` before this one begins, deactivate one, or unassign one.",
  "price-entries-invalid":
    "Correct what `problems` names, by its number, and send all of it again. Nothing was changed.",
  "too-many-saved-views": "Delete one of one's views: `DELETE /v1/views/{id}`.",
  "reconciliations-not-comparable":
    "Choose another one of the same instance, environment and scope.",
  "reconciliation-not-finished": "There is no report: wait, or look at its status.",
  "idempotency-key-in-use": "The first request is still being answered: try again shortly.",
  "version-stale": "Read it again, and decide again.",
  "body-too-large": "Send less; `limit` is in bytes.",
  "media-type-unsupported": "Send the Content-Type that the document names.",
  "idempotency-key-reused": "The key belongs to another request: make a new one.",
  "book-invalid": "Correct the lines that `problems` names, and send the whole list again.",
  "precondition-required": "Read it, and send its ETag as `If-Match`.",
  "internal-error": "Ours. Report the correlation id.",
  unavailable: "Wait as long as `Retry-After` says, and repeat."
}

/** Slug, status and title of every problem type, from the contract's own declarations. */
export const problemTypes = (): ReadonlyArray<{ slug: string; status: string; title: string }> => {
  const source = readFileSync(join(root, "contracts/src/Problem.ts"), "utf8")
  return [...source.matchAll(/declare\("([a-z-]+)", (\d{3}), "([^"]+)"\)/g)].map(
    ([, slug = "", status = "", title = ""]) => ({ slug, status, title })
  )
}

const row = (...cells: ReadonlyArray<string>): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`

const table = (heads: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [row(...heads), row(...heads.map(() => "---")), ...rows.map((r) => row(...r))].join("\n")

const code = (text: string): string => (text === "" ? "" : `\`${text}\``)

const remedyOf = (slug: string): string => {
  const remedy = remedies[slug]
  if (remedy === undefined)
    throw new Error(`say in docs/scripts/tables.ts what to do about ${slug}`)
  return remedy
}

const operations = (): ReadonlyArray<ReadonlyArray<string>> =>
  Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const found = Object.entries(operation)
      const of = (key: string) => String(found.find(([name]) => name === key)?.[1] ?? "")
      const openTo = { "": "", anybody: "none", session: "a session" }[of("x-open-to")] ?? ""
      return [
        code(`${method.toUpperCase()} ${path}`),
        of("summary"),
        openTo === "" ? code(of("x-required-scope")) : openTo
      ]
    })
  )

/** As reports list them. */
const kindsInOrder = Object.keys(kindFacts).map((kind) => FindingKind.make(kind as FindingKind))

/** Each table with the guide that has it. */
export const tables = {
  kinds: {
    guide: "docs/operator-guide.md",
    markdown: () =>
      table(
        ["Kind", "What it says", "Severity", "What would settle it"],
        kindsInOrder.map((kind) => {
          const { severity, title } = kindFacts[kind]
          const actions = actionsOf(kind).map(code).join(", ")
          return [code(kind), `**${title}.** ${meanings[kind]}`, severity, actions]
        })
      )
  },
  columns: {
    guide: "docs/operator-guide.md",
    markdown: () =>
      table(
        ["Column", "Needed", "What it means", "What a cell may hold", "Example"],
        columns.map(({ name, required, description, accepted, example }) => [
          code(name),
          required ? "yes" : "",
          description,
          accepted,
          code(example)
        ])
      )
  },
  roles: {
    guide: "docs/integrator-guide.md",
    markdown: () =>
      table(
        ["Scope", ...Role.literals.map(code)],
        Scope.literals.map((scope) => [
          code(scope),
          ...Role.literals.map((role) => (scopesOf(role).includes(scope) ? "●" : ""))
        ])
      )
  },
  operations: {
    guide: "docs/integrator-guide.md",
    markdown: () => table(["Operation", "What it does", "Scope"], operations())
  },
  problems: {
    guide: "docs/integrator-guide.md",
    markdown: () =>
      table(
        ["`type` ends in", "Status", "Title", "What to do"],
        problemTypes().map(({ slug, status, title }) => [code(slug), status, title, remedyOf(slug)])
      )
  }
} as const

const between = (name: string) => new RegExp(`(<!-- table: ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`)

/** The guide's text with its tables as the code has them now. */
export const withTables = (guide: string, text: string): string =>
  Object.entries(tables)
    .filter(([, { guide: owner }]) => owner === guide)
    .reduce((current, [name, { markdown }]) => {
      if (!between(name).test(current)) throw new Error(`${guide} lacks <!-- table: ${name} -->`)
      return current.replace(between(name), (_, head, tail) => `${head}${markdown()}\n${tail}`)
    }, text)

export const guides: ReadonlySet<string> = new Set(Object.values(tables).map(({ guide }) => guide))

if (process.argv[1] === import.meta.filename)
  for (const guide of guides) {
    const file = join(root, guide)
    writeFileSync(file, withTables(guide, readFileSync(file, "utf8")))
    console.log(file)
  }
