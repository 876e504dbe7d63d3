/** Commitment of a new-commerce subscription (ISO 8601 duration, as Partner Center writes it). */
export type Term = "P1M" | "P1Y" | "P3Y"
export type BillingCycle = "none" | "one_time" | "monthly" | "annual" | "triennial"
/** `offer` is legacy commerce (one GUID); the others are new commerce. */
export type ItemKind = "license" | "addon" | "trial" | "legacy" | "azure-plan"

export interface Plan {
  /** null in legacy commerce and for the Azure plan, which have no commitment of this kind. */
  readonly term: Term | null
  readonly billingCycle: BillingCycle
}

/** Something that can be subscribed to. */
export interface CatalogueItem {
  /** `productId:skuId`; in legacy commerce the offer's GUID, in lower case. */
  readonly offer: string
  readonly productId: string
  readonly skuId: string
  readonly availabilityId: string
  readonly name: string
  readonly kind: ItemKind
  readonly isTrial: boolean
  readonly isAddon: boolean
  /** A customer normally holds one active subscription of it; a second one is a mistake. */
  readonly singleActive: boolean
  /** Offers that an add-on needs one of; empty for everything else. */
  readonly addonFor: ReadonlyArray<string>
  /** The offer that a trial turns into. */
  readonly paidOffer: string | null
  /** Euro cents of one licence for one month, on a one-year commitment paid in advance. */
  readonly listPriceCents: number
  readonly plans: ReadonlyArray<Plan>
}

export const currencies = ["EUR", "USD", "GBP"] as const
export type Currency = (typeof currencies)[number]

const yearly: ReadonlyArray<Plan> = [
  { term: "P1M", billingCycle: "monthly" },
  { term: "P1Y", billingCycle: "monthly" },
  { term: "P1Y", billingCycle: "annual" }
]
const threeYearly: ReadonlyArray<Plan> = [
  ...yearly,
  { term: "P3Y", billingCycle: "monthly" },
  { term: "P3Y", billingCycle: "annual" },
  { term: "P3Y", billingCycle: "triennial" }
]
const legacyPlans: ReadonlyArray<Plan> = [
  { term: null, billingCycle: "monthly" },
  { term: null, billingCycle: "annual" }
]

const partsOf = (offer: string) => {
  const [productId = offer, skuId = ""] = offer.split(":")
  return {
    offer,
    productId,
    skuId,
    availabilityId: `CFQ7TTC0${productId.slice(-2)}${skuId.slice(-2)}`
  }
}

const license = (
  offer: string,
  name: string,
  listPriceCents: number,
  plans: ReadonlyArray<Plan> = yearly,
  singleActive = true
): CatalogueItem => ({
  ...partsOf(offer),
  name,
  kind: "license",
  isTrial: false,
  isAddon: false,
  singleActive,
  addonFor: [],
  paidOffer: null,
  listPriceCents,
  plans
})

const addon = (
  offer: string,
  name: string,
  listPriceCents: number,
  addonFor: ReadonlyArray<string>
): CatalogueItem => ({
  ...license(offer, name, listPriceCents, yearly, false),
  kind: "addon",
  isAddon: true,
  addonFor
})

const trial = (offer: string, name: string, paidOffer: string): CatalogueItem => ({
  ...license(offer, name, 0, [{ term: "P1M", billingCycle: "monthly" }], false),
  kind: "trial",
  isTrial: true,
  paidOffer
})

const legacy = (offer: string, name: string, listPriceCents: number): CatalogueItem => ({
  ...license(offer, name, listPriceCents, legacyPlans),
  kind: "legacy",
  productId: offer,
  skuId: "",
  availabilityId: ""
})

const business = ["CFQ7TTC0LH18:0001", "CFQ7TTC0LDPB:0001", "CFQ7TTC0LCHC:0002"]
const enterprise = [
  "CFQ7TTC0LF8Q:0001",
  "CFQ7TTC0LF8R:0001",
  "CFQ7TTC0LF8S:0002",
  "CFQ7TTC0LFLX:0001",
  "CFQ7TTC0LFLZ:0002"
]
const dynamics = ["CFQ7TTC0LFDZ:0001", "CFQ7TTC0LFN5:0001", "CFQ7TTC0LGV0:0001"]

/** What the simulated Partner Center sells. Names and ids look like Microsoft's; prices are invented. */
export const catalogue: ReadonlyArray<CatalogueItem> = [
  license("CFQ7TTC0LH18:0001", "Microsoft 365 Business Basic", 560),
  license("CFQ7TTC0LDPB:0001", "Microsoft 365 Business Standard", 1170),
  license("CFQ7TTC0LCHC:0002", "Microsoft 365 Business Premium", 2060, threeYearly),
  license("CFQ7TTC0LH1G:0001", "Microsoft 365 Apps for business", 980),
  license("CFQ7TTC0LGZT:0001", "Microsoft 365 Apps for enterprise", 1400),
  license("CFQ7TTC0LF8Q:0001", "Office 365 E1", 930),
  license("CFQ7TTC0LF8R:0001", "Office 365 E3", 2310, threeYearly),
  license("CFQ7TTC0LF8S:0002", "Office 365 E5", 3850, threeYearly),
  license("CFQ7TTC0LFLX:0001", "Microsoft 365 E3", 3610, threeYearly),
  license("CFQ7TTC0LFLZ:0002", "Microsoft 365 E5", 5470, threeYearly),
  license("CFQ7TTC0MBMD:0002", "Microsoft 365 F1", 210),
  license("CFQ7TTC0LH05:0001", "Microsoft 365 F3", 750),
  license("CFQ7TTC0LH16:0001", "Exchange Online (Plan 1)", 370),
  license("CFQ7TTC0LH1P:0001", "Exchange Online (Plan 2)", 750),
  license("CFQ7TTC0LHSV:0001", "OneDrive for Business (Plan 1)", 470),
  license("CFQ7TTC0LH0N:0001", "SharePoint (Plan 1)", 470),
  license("CFQ7TTC0HD32:0002", "Visio Plan 1", 470),
  license("CFQ7TTC0HD33:0002", "Visio Plan 2", 1400),
  license("CFQ7TTC0HDB0:0002", "Planner and Project Plan 3", 2800, threeYearly),
  license("CFQ7TTC0HDB1:0002", "Planner Plan 1", 930),
  license("CFQ7TTC0H6ZB:0002", "Power BI Pro", 1310),
  license("CFQ7TTC0LFLS:0002", "Microsoft Entra ID P1", 560),
  license("CFQ7TTC0LFK5:0001", "Microsoft Entra ID P2", 840),
  license("CFQ7TTC0LCH4:0002", "Microsoft Intune Plan 1", 750),
  license("CFQ7TTC0LFDZ:0001", "Dynamics 365 Sales Professional", 6080, threeYearly, false),
  license(
    "CFQ7TTC0LFN5:0001",
    "Dynamics 365 Customer Service Enterprise",
    9820,
    threeYearly,
    false
  ),
  license(
    "CFQ7TTC0LGV0:0001",
    "Dynamics 365 Business Central Essentials",
    7480,
    threeYearly,
    false
  ),
  addon("CFQ7TTC0MM8R:0002", "Microsoft 365 Copilot", 2810, [...business, ...enterprise]),
  addon("CFQ7TTC0LH04:0001", "Microsoft Defender for Office 365 (Plan 1)", 190, [
    ...business,
    ...enterprise
  ]),
  addon("CFQ7TTC0LH0J:0001", "Exchange Online Archiving", 280, [...business, ...enterprise]),
  addon("CFQ7TTC0LHXJ:0001", "Microsoft Teams Phone Standard", 750, [...business, ...enterprise]),
  addon("CFQ7TTC0LFQ7:0001", "Dynamics 365 Additional Database Capacity", 3740, dynamics),
  trial("CFQ7TTC0LCHC:0003", "Microsoft 365 Business Premium Trial", "CFQ7TTC0LCHC:0002"),
  trial("CFQ7TTC0LDPB:0002", "Microsoft 365 Business Standard Trial", "CFQ7TTC0LDPB:0001"),
  trial("CFQ7TTC0HDB0:0003", "Planner and Project Plan 3 Trial", "CFQ7TTC0HDB0:0002"),
  trial("CFQ7TTC0H6ZB:0003", "Power BI Pro Trial", "CFQ7TTC0H6ZB:0002"),
  legacy("91fd106f-4b2c-4938-95ac-f54f74e9a239", "Office 365 Enterprise E1 (legacy)", 760),
  legacy("bd938f12-058f-4927-bba3-ae36b1d2501c", "Office 365 Business Essentials (legacy)", 470),
  legacy("195416c1-3447-423a-b37b-ee59a99a19c4", "Exchange Online Plan 1 (legacy)", 370),
  {
    ...legacy("2828be46-46ba-4f91-b2fe-0bef7ea6d0d8", "Exchange Online Archiving (legacy)", 260),
    isAddon: true,
    singleActive: false,
    addonFor: ["195416c1-3447-423a-b37b-ee59a99a19c4", "91fd106f-4b2c-4938-95ac-f54f74e9a239"]
  },
  {
    ...partsOf("DZH318Z0BPS6:0001"),
    name: "Azure plan",
    kind: "azure-plan",
    isTrial: false,
    isAddon: false,
    singleActive: true,
    addonFor: [],
    paidOffer: null,
    listPriceCents: 0,
    plans: [{ term: null, billingCycle: "one_time" }]
  }
]

const byOffer: ReadonlyMap<string, CatalogueItem> = new Map(
  catalogue.map((item) => [item.offer.toLowerCase(), item])
)

/** Finds an item by `productId:skuId[:availabilityId]` or legacy GUID, in any case. */
export const itemOf = (offer: string): CatalogueItem | undefined =>
  byOffer.get(offer.toLowerCase().split(":").slice(0, 2).join(":"))

/** Which share of the list price a plan costs per billing period, in per cent of one month's list price. */
const percentOf = ({ term, billingCycle }: Plan): number => {
  if (billingCycle === "annual") return 1200
  if (billingCycle === "triennial") return 3600
  if (term === "P1M") return 120 // no commitment costs a fifth more
  return term === null ? 100 : 105 // a commitment paid by the month costs a twentieth more
}

/** One euro in each currency, in per cent. Invented and fixed: the simulator has no exchange rates. */
const rates: Readonly<Record<Currency, number>> = { EUR: 100, USD: 108, GBP: 86 }

/** The price of one licence for one billing period, as a decimal string with two places. */
export const priceOf = (item: CatalogueItem, plan: Plan, currency: Currency): string => {
  const cents = Math.round((item.listPriceCents * percentOf(plan) * rates[currency]) / 10_000)
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`
}
