import type { Plan } from "../Catalogue.ts"
import { Random } from "../Random.ts"
import type { Product, Segment, Sku, View } from "./Item.ts"
import type { Stock } from "./onlineServices.ts"
import { scattered } from "./scattered.ts"

/** Title, euro cents, and the units that are sold. */
type Software = readonly [title: string, cents: number, units: ReadonlyArray<string>]

const perpetual: ReadonlyArray<Software> = [
  ["Windows Server 2025 Standard", 95_000, ["16 Core License Pack", "2 Core License Pack"]],
  ["Windows Server 2025 Datacenter", 560_000, ["16 Core License Pack", "2 Core License Pack"]],
  ["Windows Server 2025 CAL", 3900, ["1 User CAL", "1 Device CAL"]],
  ["Windows Server 2025 Remote Desktop Services CAL", 12_500, ["1 User CAL", "1 Device CAL"]],
  ["SQL Server 2022 Standard", 85_000, ["Server License"]],
  ["SQL Server 2022 Standard Core", 357_000, ["2 Core License Pack"]],
  ["SQL Server 2022 Enterprise Core", 1_370_000, ["2 Core License Pack"]],
  ["Exchange Server 2019 Standard", 70_000, ["Server License"]],
  ["Office LTSC Standard 2024", 42_000, ["1 License"]],
  ["Visio LTSC Professional 2024", 58_000, ["1 License"]],
  ["Project Professional 2024", 113_000, ["1 License"]]
]
const subscriptions: ReadonlyArray<Software> = [
  ["Windows Server CAL Subscription", 130, ["User CAL", "Device CAL"]],
  ["Windows Server Standard Subscription", 2700, ["8 Core License Pack"]],
  ["SQL Server Standard Subscription", 12_800, ["2 Core License Pack"]],
  ["SQL Server Enterprise Subscription", 49_000, ["2 Core License Pack"]],
  ["Remote Desktop Services CAL Subscription", 420, ["User CAL"]]
]
const suse: ReadonlyArray<Software> = [
  ["SUSE Linux Enterprise Server", 6200, ["1-2 vCPU", "3-4 vCPU", "5+ vCPU"]],
  ["SUSE Linux Enterprise Server for SAP", 12_900, ["1-2 vCPU", "3-4 vCPU"]]
]

const once: ReadonlyArray<Plan> = [{ term: null, billingCycle: "one_time" }]
const prepaid: ReadonlyArray<Plan> = [
  { term: "P1Y", billingCycle: "one_time" },
  { term: "P3Y", billingCycle: "one_time" }
]

/** Software that is bought once, or for a year or three. One SKU is sold to several sorts of buyers. */
export const software = (seed: string): ReadonlyArray<Stock> => {
  const random = new Random(`${seed}/catalogue/software`)
  return [
    ...perpetual.map((one, index) =>
      stockOf(random, one, `DG7GMGF0P${twoDigits(index)}0`, "SoftwarePerpetual", "Perpetual", once)
    ),
    ...subscriptions.map((one, index) =>
      stockOf(
        random,
        one,
        `DG7GMGF0S${twoDigits(index)}0`,
        "SoftwareSubscriptions",
        "Subscription",
        prepaid
      )
    ),
    ...suse.map((one, index) =>
      stockOf(
        random,
        one,
        `DG7GMGF0L${twoDigits(index)}0`,
        "SoftwareSUSELinux",
        "Subscription",
        prepaid
      )
    )
  ]
}

const twoDigits = (index: number): string => String(index).padStart(2, "0")

const stockOf = (
  random: Random,
  [title, cents, units]: Software,
  id: string,
  view: View,
  subType: string,
  plans: ReadonlyArray<Plan>
): Stock => {
  const product: Product = {
    id,
    title,
    description: `${title}.`,
    type: "Software",
    subType,
    views: [view, "Software"],
    azurePlanOnly: false,
    publisher: view === "SoftwareSUSELinux" ? "SUSE" : "Microsoft Corporation"
  }
  const segments: ReadonlyArray<Segment> =
    view === "SoftwareSUSELinux"
      ? ["commercial"]
      : ["commercial", "education", "nonprofit", "government"]
  const skus = units.map(
    (unit, index): Sku => ({
      kind: "sku",
      offer: `${id}:000${index + 1}`,
      productId: id,
      skuId: `000${index + 1}`,
      name: `${title} - ${unit}`,
      description: `${title} - ${unit}.`,
      segments,
      isTrial: false,
      isAddon: false,
      minimum: unit.startsWith("16") ? 1 : random.pick([1, 1, 4]),
      maximum: 10_000,
      prerequisites: [],
      becomes: [],
      upgrades: [],
      plans,
      isPurchasable: true,
      countries: scattered(random, null),
      listPriceCents: cents,
      purchasePrerequisites: ["MicrosoftCustomerAgreement"],
      inventoryVariables: [],
      provisioningVariables: [],
      particulars: {},
      termsHaveCycles: true
    })
  )
  return { product, skus }
}
