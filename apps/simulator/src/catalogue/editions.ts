import type { Category, Segment } from "./Item.ts"

/** A service is sold in editions, each to some buyers only; in new commerce each is a SKU of its own. */
export interface Edition {
  readonly suffix: string
  readonly segment: Segment
  readonly skuId: string
  /** Part of the list price, in per cent. */
  readonly percent: number
  /** How many of the services have it. */
  readonly share: number
  /** What the buyer has to be, in legacy commerce ("Offer resources": reselleeQualifications). */
  readonly qualification: string | null
  readonly category: Category
  /** Where it is sold; null for everywhere. */
  readonly onlyIn: ReadonlyArray<string> | null
}

export const commercial: Edition = {
  suffix: "",
  segment: "commercial",
  skuId: "0001",
  percent: 100,
  share: 1,
  qualification: null,
  category: "enterprise",
  onlyIn: null
}

/** The other editions; their SKU ids keep clear of those that licences and trials have. */
export const editions: ReadonlyArray<Edition> = [
  {
    suffix: " (Nonprofit Staff Pricing)",
    segment: "nonprofit",
    skuId: "0005",
    percent: 25,
    share: 0.85,
    qualification: "Nonprofit",
    category: "nonprofit",
    onlyIn: null
  },
  {
    suffix: " for faculty",
    segment: "education",
    skuId: "000A",
    percent: 40,
    share: 0.65,
    qualification: "Education",
    category: "education",
    onlyIn: null
  },
  {
    suffix: " for students",
    segment: "education",
    skuId: "000B",
    percent: 30,
    share: 0.4,
    qualification: "Education",
    category: "education",
    onlyIn: null
  },
  {
    suffix: " for government (GCC)",
    segment: "government",
    skuId: "000G",
    percent: 95,
    share: 0.5,
    qualification: "GovernmentCommunityCloud",
    category: "government",
    onlyIn: ["US"]
  }
]

/** How many of the services that are no add-on have a trial. */
export const trialShare = 0.3
export const trialSkuId = "0002"
