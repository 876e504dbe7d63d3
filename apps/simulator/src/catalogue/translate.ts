type Phrases = ReadonlyArray<readonly [english: string, other: string]>

/** Names of services are the same everywhere; what is said about them is not. */
const phrases: Readonly<Record<string, Phrases>> = {
  de: [
    ["(Nonprofit Staff Pricing)", "(Preise für gemeinnützige Organisationen)"],
    ["for faculty", "für Lehrkräfte"],
    ["for students", "für Studierende"],
    ["for government (GCC)", "für Behörden (GCC)"],
    ["(no Teams)", "(ohne Teams)"],
    ["Trial", "Testversion"],
    ["Small business", "Kleinunternehmen"],
    ["Productivity apps and services for business.", "Apps und Dienste für produktives Arbeiten."],
    ["Identity, device and information protection.", "Schutz für Identitäten, Geräte und Daten."],
    [
      "Windows as a service, for each user or device.",
      "Windows als Dienst, je Benutzer oder Gerät."
    ]
  ],
  fr: [
    ["(Nonprofit Staff Pricing)", "(tarif pour les associations)"],
    ["for faculty", "pour les enseignants"],
    ["for students", "pour les étudiants"],
    ["for government (GCC)", "pour les administrations (GCC)"],
    ["(no Teams)", "(sans Teams)"],
    ["Trial", "Version d’essai"],
    ["Small business", "Petites entreprises"],
    ["Productivity apps and services for business.", "Applications et services pour le travail."],
    ["Identity, device and information protection.", "Protection des identités et des données."]
  ]
}

/** A locale of the catalogue, and how its texts are made from the English ones. */
export interface Locale {
  /** As the answers name it, such as de-DE. */
  readonly name: string
  readonly text: (english: string) => string
}

const english: Locale = { name: "en-US", text: (text) => text }

/** The locale that a client asks for with X-Locale; English where the catalogue has no other. */
export const localeOf = (header: string | ReadonlyArray<string> | undefined): Locale => {
  const [, language = "", region] = /^([a-z]{2})(?:-([a-z]{2}))?$/iu.exec(String(header)) ?? []
  const known = phrases[language.toLowerCase()]
  if (known === undefined) return english
  const country = (region ?? language).toUpperCase()
  return {
    name: `${language.toLowerCase()}-${country}`,
    text: (text) => known.reduce((made, [from, to]) => made.replaceAll(from, to), text)
  }
}
