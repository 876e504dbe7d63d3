import type { Cloud } from "../instance/Cloud.ts"

/** What the first domain of every tenant ends with, by cloud. */
const suffixes: Readonly<Record<Cloud, string>> = {
  global: "onmicrosoft.com",
  "us-government": "onmicrosoft.us",
  china: "partner.onmschina.cn",
  germany: "onmicrosoft.de",
  custom: "onmicrosoft.com"
}

/** `.onmicrosoft.com`: what a domain prefix is put before. */
export const domainSuffix = (cloud: Cloud): string => `.${suffixes[cloud]}`

/** How many characters the prefix of a new tenant has: 27 is Microsoft's limit ("Create a customer"). */
export const prefixLength = { min: 3, max: 27 } as const

/**
 * The whole domain that the sync option means: a prefix is completed, a domain with its own suffix is an alias of a
 * tenant that exists (domain.md §7). In lower case, as domains compare.
 */
export const domainOf = (cloud: Cloud, option: string): string => {
  const text = option.trim().toLowerCase()
  return text.includes(".") ? text : text + domainSuffix(cloud)
}

/** The prefix of a domain of the cloud's own; undefined for any other domain. */
export const prefixOf = (cloud: Cloud, option: string): string | undefined => {
  const text = option.trim().toLowerCase()
  if (!text.includes(".")) return text
  const suffix = domainSuffix(cloud)
  const prefix = text.endsWith(suffix) ? text.slice(0, -suffix.length) : ""
  return prefix === "" || prefix.includes(".") ? undefined : prefix
}

/** Why a new tenant cannot have the prefix, whoever else has it; undefined when it can. */
export const prefixProblem = (prefix: string | undefined): string | undefined => {
  if (prefix === undefined)
    return "a new tenant has a prefix of Microsoft's domain, without any suffix; a domain with its own suffix belongs to a tenant that exists: link that one"
  if (!/^[a-z0-9]+$/u.test(prefix)) return "a prefix has the letters a to z and digits only"
  if (prefix.length < prefixLength.min || prefix.length > prefixLength.max)
    return `a prefix has ${prefixLength.min} to ${prefixLength.max} characters; this one has ${prefix.length}`
  return undefined
}

/** Whether a text can be a prefix or a domain at all, of whatever tenant. */
export const isDomainOption = (text: string): boolean =>
  text.length <= 253 &&
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/iu.test(text)

/** The most prefixes that are thought of for one company. */
const candidatesMax = 8

/**
 * Prefixes for a company, the most natural first: from what was wished for, else from its name without accents, legal
 * form and signs. Nobody has been asked whether they are free.
 */
export const prefixCandidates = (
  wished: string | null,
  name: string,
  country: string | null
): ReadonlyArray<string> => {
  const bases = [wished ?? "", name, `${name}cloud`]
    .map(plain)
    .map((base) => base.slice(0, prefixLength.max))
    .filter((base) => prefixProblem(base) === undefined)
  const short = (base: string, ending: string) =>
    base.slice(0, prefixLength.max - ending.length) + ending
  const endings = [(country ?? "").toLowerCase(), "1", "2", "365", "online"].filter(
    (ending) => ending !== ""
  )
  const all = bases.flatMap((base) => [base, ...endings.map((ending) => short(base, ending))])
  const ofWished = wished === null ? undefined : plain(wished)
  return [...new Set(all)].filter((prefix) => prefix !== ofWished).slice(0, candidatesMax)
}

const legalForms =
  /\b(gmbh|ag|kg|ltd|limited|llc|inc|corp|plc|sarl|sas|srl|spa|bv|nv|ab|oy|as|aps)\b/gu

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll("ß", "ss")
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(legalForms, " ")
    .replaceAll(/[^a-z0-9]/gu, "")
