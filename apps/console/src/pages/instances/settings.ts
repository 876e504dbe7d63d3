import { nameIn } from "../../frame/search.ts"
import type { Texts } from "../../show/useTexts.ts"
import {
  cloudNames,
  cspStatusNames,
  type InstanceItem,
  type InstancePatch,
  type NewInstance,
  productNamesNames
} from "./instances.ts"

/** Every setting of an instance, as a form has it. */
export type Setting =
  | "name"
  | "cloud"
  | "api"
  | "login"
  | "resource"
  | "prices"
  | "tenantId"
  | "tenantDomain"
  | "appId"
  | "secret"
  | "cspStatus"
  | "mpnId"
  | "catalogueLanguage"
  | "countries"
  | "productNames"
  | "annualProvisioning"
  | "catalogueSchedule"
  | "requestsPerMinute"

/** The settings of a new instance before anybody has typed: those of Microsoft's own cloud. */
export const noSettings: Readonly<Record<Setting, string>> = {
  name: "",
  cloud: "global",
  api: "",
  login: "",
  resource: "",
  prices: "",
  tenantId: "",
  tenantDomain: "",
  appId: "",
  secret: "",
  cspStatus: "indirect",
  mpnId: "",
  catalogueLanguage: "",
  countries: "",
  productNames: "keep",
  annualProvisioning: "off",
  catalogueSchedule: "0 3 1 * *",
  requestsPerMinute: "500"
}

/** The settings of an instance as its form begins; the key is never there. */
export const settingsOf = (instance: InstanceItem): Readonly<Record<Setting, string>> => ({
  name: instance.name,
  cloud: instance.cloud,
  ...instance.endpoints,
  tenantId: instance.credentials.primary.tenantId,
  tenantDomain: instance.credentials.primary.tenantDomain ?? "",
  appId: instance.credentials.primary.appId,
  secret: "",
  cspStatus: instance.cspStatus,
  mpnId: instance.mpnId ?? "",
  catalogueLanguage: instance.catalogueLanguage,
  countries: instance.countries.join(", "),
  productNames: instance.productNames,
  annualProvisioning: instance.annualProvisioning ? "on" : "off",
  catalogueSchedule: instance.catalogueSchedule ?? "",
  requestsPerMinute: String(instance.requestsPerMinute)
})

export const cloudIn = (texts: Readonly<Record<Setting, string>>): InstanceItem["cloud"] =>
  nameIn(texts, "cloud", cloudNames) ?? "global"

/** Microsoft publishes none for these: they are given by hand. */
export const needsAddresses = (cloud: InstanceItem["cloud"]): boolean =>
  cloud === "custom" || cloud === "germany"

/** Country codes as people write them, with commas or blanks between. */
const countriesIn = (text: string): ReadonlyArray<string> =>
  text.split(/[\s,;]+/u).filter((code) => code !== "")

const orNull = (text: string): string | null => (text.trim() === "" ? null : text.trim())

const endpointsIn = ({ api, login, prices, resource }: Readonly<Record<Setting, string>>) => ({
  api: api.trim(),
  login: login.trim(),
  resource: resource.trim(),
  ...(prices.trim() === "" ? {} : { prices: prices.trim() })
})

/** The instance to register; what was left empty is what the API takes by itself. */
export const newInstanceOf = (texts: Readonly<Record<Setting, string>>): NewInstance => {
  const cloud = cloudIn(texts)
  const given = (key: "tenantDomain" | "mpnId" | "catalogueLanguage") => {
    const text = texts[key].trim()
    return text === "" ? {} : { [key]: text }
  }
  const countries = countriesIn(texts.countries)
  return {
    name: texts.name.trim(),
    cloud,
    ...(needsAddresses(cloud) ? { endpoints: endpointsIn(texts) } : {}),
    tenantId: texts.tenantId.trim(),
    appId: texts.appId.trim(),
    secret: texts.secret,
    cspStatus: nameIn(texts, "cspStatus", cspStatusNames) ?? "indirect",
    productNames: nameIn(texts, "productNames", productNamesNames) ?? "keep",
    annualProvisioning: texts.annualProvisioning === "on",
    catalogueSchedule: orNull(texts.catalogueSchedule),
    requestsPerMinute: Number(texts.requestsPerMinute),
    ...given("tenantDomain"),
    ...given("mpnId"),
    ...given("catalogueLanguage"),
    ...(countries.length === 0 ? {} : { countries })
  }
}

/** What somebody has changed, and nothing else. */
export const patchOf = ({ isChanged, texts }: Texts<Setting>): InstancePatch => {
  const addressed = (["api", "login", "resource", "prices"] as const).some(isChanged)
  const cloud = cloudIn(texts)
  return {
    ...(isChanged("name") ? { name: texts.name.trim() } : {}),
    ...(isChanged("cloud") ? { cloud } : {}),
    ...(needsAddresses(cloud) && (addressed || isChanged("cloud"))
      ? { endpoints: endpointsIn(texts) }
      : {}),
    ...(isChanged("tenantId") ? { tenantId: texts.tenantId.trim() } : {}),
    ...(isChanged("tenantDomain") ? { tenantDomain: orNull(texts.tenantDomain) } : {}),
    ...(isChanged("appId") ? { appId: texts.appId.trim() } : {}),
    ...(texts.secret === "" ? {} : { secret: texts.secret }),
    ...(isChanged("cspStatus")
      ? { cspStatus: nameIn(texts, "cspStatus", cspStatusNames) ?? "indirect" }
      : {}),
    ...(isChanged("mpnId") ? { mpnId: orNull(texts.mpnId) } : {}),
    ...(isChanged("catalogueLanguage")
      ? { catalogueLanguage: texts.catalogueLanguage.trim() }
      : {}),
    ...(isChanged("countries") ? { countries: countriesIn(texts.countries) } : {}),
    ...(isChanged("productNames")
      ? { productNames: nameIn(texts, "productNames", productNamesNames) ?? "keep" }
      : {}),
    ...(isChanged("annualProvisioning")
      ? { annualProvisioning: texts.annualProvisioning === "on" }
      : {}),
    ...(isChanged("catalogueSchedule")
      ? { catalogueSchedule: orNull(texts.catalogueSchedule) }
      : {}),
    ...(isChanged("requestsPerMinute")
      ? { requestsPerMinute: Number(texts.requestsPerMinute) }
      : {})
  }
}
