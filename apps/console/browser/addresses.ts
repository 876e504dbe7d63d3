import type { Console } from "./Console.ts"

/** An address of each page, with something to show. */
export const addressesOf = async (console_: Console): Promise<ReadonlyArray<string>> => {
  const report = await console_.report()
  return [
    "/",
    "/reconciliations",
    `/reconciliations/${report}`,
    await console_.rowOf(report),
    "/accounts",
    `/accounts/${await console_.account("Brightfield")}`,
    "/instances",
    "/instances/contoso-eu",
    "/catalogue-runs",
    "/products?instance=contoso-eu",
    "/price-lists",
    "/imports",
    "/agreements",
    "/outbox",
    "/templates",
    "/templates/welcome-customer",
    "/system"
  ]
}
