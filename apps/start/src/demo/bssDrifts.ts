import type { BookLine } from "@concordat/core/book/BookLine"
import { Currency, money } from "@concordat/core/money/Money"
import type { FindingKind } from "@concordat/core/reconciliation/Finding"
import { hourMs, Instant } from "@concordat/core/time/Instant"

/** What a book looks like after people have worked on it: each change is one finding, of one customer. */
export interface BssDrift {
  readonly kind: FindingKind
  readonly reference: string
}

type Edit = (
  line: BookLine,
  at: Instant,
  foreign: BookLine | undefined
) => { readonly lines: ReadonlyArray<BookLine>; readonly reference: string } | undefined

const changed = (line: BookLine, change: Partial<BookLine>) => ({
  lines: [{ ...line, ...change }],
  reference: line.reference
})
const isBase = ({ parentReference, terms }: BookLine): boolean =>
  parentReference === null && terms.isTrial !== true && terms.offer.includes(":")

// An edit that does not apply to a line leaves it to the next one.
const edits: ReadonlyArray<readonly [FindingKind, Edit]> = [
  [
    "quantity",
    (line) =>
      isBase(line)
        ? changed(line, { terms: { ...line.terms, quantity: line.terms.quantity + 2 } })
        : undefined
  ],
  [
    "status",
    (line) =>
      isBase(line) ? changed(line, { terms: { ...line.terms, status: "deleted" } }) : undefined
  ],
  [
    "suspended-still-billed",
    (line) =>
      isBase(line) ? changed(line, { terms: { ...line.terms, status: "suspended" } }) : undefined
  ],
  [
    "price",
    (line) =>
      isBase(line) && line.unitPrice !== null
        ? changed(line, { unitPrice: money("1.00", Currency.make(line.unitPrice.currency)) })
        : undefined
  ],
  [
    "order-not-arrived",
    (line, at) =>
      isBase(line)
        ? {
            lines: [
              line,
              {
                ...line,
                reference: `${line.reference}-NEW`,
                microsoftId: null,
                acceptedAt: Instant.make(at - 26 * hourMs)
              }
            ],
            reference: `${line.reference}-NEW`
          }
        : undefined
  ],
  [
    "duplicate-mapping",
    (line) =>
      isBase(line)
        ? {
            lines: [line, { ...line, reference: `${line.reference}-COPY` }],
            reference: line.reference
          }
        : undefined
  ],
  [
    "scheduled-change-missing",
    (line) =>
      isBase(line) &&
      line.terms.scheduledChange === null &&
      line.terms.term === "P1Y" &&
      line.terms.autoRenew === true
        ? changed(line, {
            terms: {
              ...line.terms,
              scheduledChange: {
                offer: line.terms.offer,
                quantity: line.terms.quantity + 5,
                billingCycle: line.terms.billingCycle ?? "annual",
                term: "P1Y"
              }
            }
          })
        : undefined
  ],
  [
    "wrong-instance",
    (line, _at, foreign) =>
      isBase(line) && foreign?.microsoftId != null
        ? {
            lines: [
              line,
              { ...line, reference: `${line.reference}-MOVED`, microsoftId: foreign.microsoftId }
            ],
            reference: `${line.reference}-MOVED`
          }
        : undefined
  ]
]

/**
 * Edits one customer's line for each kind that arises in the BSS, leaving alone the customers of
 * `untouchable` tenants. `foreign` is a line of another instance.
 */
export const bssDrifts = (
  book: ReadonlyArray<BookLine>,
  untouchable: ReadonlySet<string>,
  foreign: BookLine | undefined,
  at: Instant
): {
  readonly lines: ReadonlyArray<BookLine>
  readonly drifts: ReadonlyArray<BssDrift>
  /** Suspended here; they are to be suspended in Partner Center too, where Microsoft goes on billing them. */
  readonly suspended: ReadonlyArray<BookLine>
} => {
  const taken = new Set<string>(untouchable)
  const drifts: Array<BssDrift> = []
  const pending = [...edits]
  const lines = book.flatMap((line) => {
    const [next] = pending
    if (next === undefined || taken.has(line.tenantId)) return [line]
    const [kind, edit] = next
    const edited = edit(line, at, foreign)
    if (edited === undefined) return [line]
    taken.add(line.tenantId)
    pending.shift()
    drifts.push({ kind, reference: edited.reference })
    return edited.lines
  })
  return {
    lines,
    drifts,
    suspended: lines.filter((line) => line.terms.status === "suspended")
  }
}
