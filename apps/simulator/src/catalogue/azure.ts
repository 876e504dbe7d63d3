import type { Plan } from "../Catalogue.ts"
import { Random } from "../Random.ts"
import type { Product, Sku, View } from "./Item.ts"
import { countries } from "./markets.ts"
import type { Stock } from "./onlineServices.ts"
import { scattered } from "./scattered.ts"

const plain = {
  kind: "sku" as const,
  segments: ["commercial" as const],
  isTrial: false,
  isAddon: false,
  minimum: 1,
  prerequisites: [],
  becomes: [],
  upgrades: [],
  isPurchasable: true,
  countries,
  listPriceCents: 0
}

/** The Azure plan, and Azure of the first generation, which this view still shows. */
export const azurePlans: ReadonlyArray<Stock> = [
  {
    product: {
      id: "DZH318Z0BPS6",
      title: "Microsoft Azure plan",
      description: "Microsoft Azure plan (MS-AZR-0017G)",
      type: "Azure",
      subType: null,
      views: ["MicrosoftAzure"],
      azurePlanOnly: false,
      publisher: "Microsoft Corporation"
    },
    skus: [
      {
        ...plain,
        offer: "DZH318Z0BPS6:0001",
        productId: "DZH318Z0BPS6",
        skuId: "0001",
        name: "Azure plan",
        description: "Microsoft Azure plan (MS-AZR-0017G)",
        maximum: 1,
        plans: [{ term: null, billingCycle: "one_time" }],
        purchasePrerequisites: ["MicrosoftCustomerAgreement"],
        inventoryVariables: [],
        provisioningVariables: [],
        particulars: { pilotProgram: "modernazurepilot" },
        termsHaveCycles: false
      }
    ]
  },
  {
    product: {
      id: "9DEA7946-EC2C-441E-9FFD-E3B275F7E838",
      title: "Windows Azure Global",
      description: "",
      type: "Azure",
      subType: null,
      views: ["MicrosoftAzure", "Azure"],
      azurePlanOnly: false,
      publisher: "Microsoft Corporation"
    },
    skus: [
      {
        ...plain,
        offer: "9DEA7946-EC2C-441E-9FFD-E3B275F7E838:MS-AZR-0145P",
        productId: "9DEA7946-EC2C-441E-9FFD-E3B275F7E838",
        skuId: "MS-AZR-0145P",
        name: "Microsoft Azure",
        description: "Azure Cloud Solution Provider offer for Partner and Resellers",
        maximum: 1,
        plans: [{ term: null, billingCycle: "monthly" }],
        purchasePrerequisites: ["MicrosoftCloudAgreement"],
        inventoryVariables: [],
        provisioningVariables: [],
        particulars: {
          billingType: "usage",
          category: "Enterprise",
          rank: 1413,
          hasAddOns: false,
          isAutoRenewable: false,
          conversionTargetOffers: [],
          unitType: "Usage-based",
          limitUnitOfMeasure: "None",
          limit: 0,
          reselleeQualifications: [],
          resellerQualifications: []
        },
        termsHaveCycles: false
      }
    ]
  }
]

const series = ["DSv2", "Dv3", "Ev3", "Fsv2", "Lsv2", "M", "NC", "ND"]
const sizes = [2, 4, 8, 16, 32]
const regions = [
  ["westeurope", "EU West"],
  ["northeurope", "EU North"],
  ["westus2", "US West 2"],
  ["eastus", "US East"]
] as const

const durations: ReadonlyArray<{
  readonly text: string
  readonly code: string
  readonly plans: ReadonlyArray<Plan>
}> = [
  {
    text: "1 Year",
    code: "1Year",
    plans: [
      { term: "P1Y", billingCycle: "one_time" },
      { term: "P1Y", billingCycle: "monthly" }
    ]
  },
  { text: "3 Years", code: "3Years", plans: [{ term: "P3Y", billingCycle: "one_time" }] }
]

/** Reserved instances of virtual machines, SQL databases and Cosmos DB. */
export const reservations = (seed: string): ReadonlyArray<Stock> => {
  const random = new Random(`${seed}/catalogue/reservations`)
  const machines = series.map((name, index) =>
    stockOf(
      random,
      product(
        `DZH318Z0V${index}VM`,
        `Virtual Machines ${name} Series`,
        "VirtualMachines",
        "AzureReservationsVM",
        index >= 6
      ),
      regions.flatMap(([arm, region]) =>
        durations.map(({ text, code, plans }) => {
          const cores = random.pick(sizes)
          const size = `Standard_${name.charAt(0)}${cores}s`
          return {
            name: `Reserved VM Instance, ${size}, ${region}, ${text}`,
            plans,
            particulars: {
              armSkuName: size,
              cores: String(cores),
              ram: String(cores * 4),
              skuDisplayName: `${name.charAt(0)}${cores}`,
              category: "General purpose",
              armRegionName: arm,
              duration: code,
              region,
              diskType: "Ssd"
            }
          }
        })
      ),
      true
    )
  )
  const databases = (["SQL", "CosmosDb"] as const).map((kind) =>
    stockOf(
      random,
      product(
        `DZH318Z0DB${kind === "SQL" ? "SQ" : "CO"}`,
        kind === "SQL" ? "SQL Database Reserved Capacity" : "Azure Cosmos DB Reserved Capacity",
        kind === "SQL" ? "SqlDatabase" : "CosmosDb",
        kind === "SQL" ? "AzureReservationsSQL" : "AzureReservationsCosmosDb",
        false
      ),
      regions.flatMap(([arm, region]) =>
        durations.map(({ text, code, plans }) => ({
          name: `Reserved ${kind === "SQL" ? "SQL Database, General Purpose" : "Cosmos DB, 100 RU/s"}, ${region}, ${text}`,
          plans: plans.slice(0, 1),
          particulars: { armRegionName: arm, duration: code, region, category: kind }
        }))
      ),
      false
    )
  )
  return [...machines, ...databases]
}

const product = (
  id: string,
  title: string,
  subType: string,
  view: View,
  azurePlanOnly: boolean
): Product => ({
  id,
  title,
  description: `${title}: capacity that is reserved and paid ahead.`,
  type: "Azure",
  subType,
  views: [view, "AzureReservations", "Azure"],
  azurePlanOnly,
  publisher: "Microsoft"
})

const stockOf = (
  random: Random,
  of: Product,
  reserved: ReadonlyArray<Pick<Sku, "name" | "plans" | "particulars">>,
  termsHaveCycles: boolean
): Stock => ({
  product: of,
  skus: reserved.map((one, index) => {
    const skuId = (index + 1).toString(36).toUpperCase().padStart(4, "0")
    return {
      ...plain,
      ...one,
      offer: `${of.id}:${skuId}`,
      productId: of.id,
      skuId,
      description: one.name,
      maximum: 999_999_999,
      countries: scattered(random, null),
      listPriceCents: random.between(2000, 90_000),
      purchasePrerequisites: ["AzureSubscriptionRegistration", "InventoryCheck"],
      inventoryVariables: ["CustomerId", "AzureSubscriptionId"],
      provisioningVariables: ["Scope", "SubscriptionId"],
      termsHaveCycles
    }
  })
})
