import { PurchaseMode } from "@concordat/core/account/PurchaseMode"
import { CspStatus, MpnId } from "@concordat/core/instance/Instance"
import {
  MpnVerdict,
  type PartnerOfRecordFacts,
  partnerIdOnRecord,
  partnerOfRecord,
  tellsOfInvalidMpnId
} from "@concordat/core/tenant/partnerOfRecord"
import { describe, expect, it } from "vitest"

const [reseller, provider] = [MpnId.make("4711001"), MpnId.make("4710000")]

/** Every case there is: 2 × 3 × 3 reseller ids × 3 × 2 provider ids. */
const every: ReadonlyArray<PartnerOfRecordFacts> = CspStatus.literals.flatMap((cspStatus) =>
  PurchaseMode.literals.flatMap((mode) =>
    [null, reseller, provider].flatMap((resellerMpnId) =>
      MpnVerdict.literals.flatMap((verdict) =>
        [null, provider].map((providerMpnId) => ({
          cspStatus,
          mode,
          resellerMpnId,
          verdict,
          providerMpnId
        }))
      )
    )
  )
)

/** The table of the integrator guide, line by line; the first that fits counts. */
const table: ReadonlyArray<
  readonly [fits: (facts: PartnerOfRecordFacts) => boolean, sent: "reseller" | null, tells: boolean]
> = [
  [({ cspStatus }) => cspStatus === "direct", null, false],
  [({ mode }) => mode === "PersonalUsage", null, false],
  [({ mode }) => mode === "AffiliateAccount", null, false],
  [({ resellerMpnId }) => resellerMpnId === null, null, true],
  [({ resellerMpnId, providerMpnId }) => resellerMpnId === providerMpnId, null, true],
  [({ verdict }) => verdict === "invalid", null, true],
  [({ verdict }) => verdict === "valid", "reseller", false],
  [({ verdict }) => verdict === "unknown", "reseller", false]
]

describe("the partner of record", () => {
  it.each(every)("is as the table says: %o", (facts) => {
    const line = table.find(([fits]) => fits(facts))
    const partner = partnerOfRecord(facts)
    expect([partnerIdOnRecord(partner), tellsOfInvalidMpnId(partner)]).toEqual([
      line?.[1] === "reseller" ? facts.resellerMpnId : null,
      line?.[2]
    ])
  })
  it("is never the provider's own id, which Partner Center refuses with 2072", () => {
    for (const facts of every.filter(({ providerMpnId }) => providerMpnId !== null))
      expect(partnerIdOnRecord(partnerOfRecord(facts))).not.toBe(provider)
  })
  it("is said to be verified only where Partner Center said so", () => {
    for (const facts of every) {
      const partner = partnerOfRecord(facts)
      if (partner.kind === "reseller") expect(partner.verified).toBe(facts.verdict === "valid")
    }
  })
  it("tells why a reseller is not", () => {
    const facts = {
      cspStatus: "indirect",
      mode: "EndCustomer",
      resellerMpnId: null,
      verdict: "valid",
      providerMpnId: provider
    } as const
    expect(partnerOfRecord(facts)).toEqual({ kind: "provider", reason: "no MPN id" })
    expect(partnerOfRecord({ ...facts, resellerMpnId: provider })).toMatchObject({
      reason: "the provider's own MPN id"
    })
    expect(
      partnerOfRecord({ ...facts, resellerMpnId: reseller, verdict: "invalid" })
    ).toMatchObject({ reason: "invalid MPN id" })
  })
})
