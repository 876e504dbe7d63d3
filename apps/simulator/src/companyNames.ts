import type { Random } from "./Random.ts"

/** Where a fictitious company sits. */
export interface Place {
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  readonly city: string
  readonly postalCode: string
  readonly culture: string
  readonly language: string
  readonly callingCode: string
  readonly street: string
  readonly legalForm: string
}

const place = (
  country: string,
  city: string,
  postalCode: string,
  culture: string,
  callingCode: string,
  street: string,
  legalForm: string
): Place => ({
  country,
  city,
  postalCode,
  culture,
  language: culture.slice(0, 2),
  callingCode,
  street,
  legalForm
})

const places: ReadonlyArray<Place> = [
  place("DE", "Hamburg", "20095", "de-DE", "49", "Speicherstrasse", "GmbH"),
  place("DE", "Leipzig", "04109", "de-DE", "49", "Lindenallee", "GmbH"),
  place("NL", "Utrecht", "3511 AB", "nl-NL", "31", "Molenweg", "B.V."),
  place("NL", "Groningen", "9711 LM", "nl-NL", "31", "Havenkade", "B.V."),
  place("FR", "Lyon", "69002", "fr-FR", "33", "Rue des Tilleuls", "SARL"),
  place("FR", "Nantes", "44000", "fr-FR", "33", "Quai des Forges", "SARL"),
  place("IT", "Torino", "10121", "it-IT", "39", "Via dei Mulini", "S.r.l."),
  place("ES", "Valencia", "46002", "es-ES", "34", "Calle del Puerto", "S.L."),
  place("GR", "Thessaloniki", "54622", "el-GR", "30", "Odos Aristou", "A.E."),
  place("GR", "Athens", "10557", "el-GR", "30", "Odos Elaion", "A.E."),
  place("AT", "Graz", "8010", "de-AT", "43", "Muehlgasse", "GmbH"),
  place("BE", "Gent", "9000", "nl-BE", "32", "Kaaistraat", "BV"),
  place("SE", "Malmo", "211 20", "sv-SE", "46", "Hamngatan", "AB"),
  place("DK", "Aarhus", "8000", "da-DK", "45", "Havnevej", "ApS"),
  place("PL", "Gdansk", "80-001", "pl-PL", "48", "ul. Portowa", "Sp. z o.o."),
  place("GB", "Bristol", "BS1 4DJ", "en-GB", "44", "Wharf Lane", "Ltd")
]

const firsts = `
  Alder, Amber, Argon, Aurora, Birch, Bluewater, Bramble, Brightfield, Cedar, Cobalt,
  Copperhill, Coral, Delta, Drift, Eastgate, Elm, Ember, Fairlight, Falcon, Fern, Flint,
  Foxglove, Garnet, Granite, Greenway, Harbour, Hazel, Heron, Highmoor, Indigo, Ivory,
  Juniper, Kestrel, Lakeside, Larch, Lumen, Maple, Marlin, Meridian, Moss, Northwind,
  Oakridge, Onyx, Orchard, Osprey, Pebble, Pine, Quarry, Redwood, Ridgeway, Rowan, Saffron,
  Silverbrook, Slate, Sparrow, Stonebridge, Summit, Tamarack, Tidewater, Umber, Vale,
  Westgate, Willow, Zephyr`
  .trim()
  .split(/,\s+/)
const trades = `
  Analytics, Architects, Bakery, Biotech, Books, Brewing, Cabinets, Ceramics, Clinics,
  Coffee, Consulting, Cycles, Dairy, Design, Energy, Engineering, Farms, Films, Fisheries,
  Foods, Foundry, Freight, Furniture, Gardens, Glass, Hotels, Instruments, Insurance,
  Kitchens, Labs, Legal, Lighting, Logistics, Marine, Media, Metals, Motors, Optics,
  Packaging, Papers, Pharmacy, Plastics, Press, Print, Robotics, Schools, Shipping, Solar,
  Studios, Textiles, Timber, Tools, Toys, Travel, Vineyards, Watches`
  .trim()
  .split(/,\s+/)
const people = `
  Ada Kovac, Bruno Maas, Chiara Lindt, Dimitra Vale, Emil Sand, Freya Holm, Goran Petri,
  Hanna Brandt, Iris Moreau, Jonas Weil, Katja Novak, Lars Even, Marta Solis, Niels Fjord,
  Olga Ruiz, Petros Lyra`
  .trim()
  .split(/,\s+/)

/** A company that does not exist, at a place that does. */
export const company = (
  random: Random,
  index: number
): { readonly name: string; readonly domain: string; readonly place: Place } => {
  const where = random.pick(places)
  const [first, trade] = [random.pick(firsts), random.pick(trades)]
  return {
    name: `${first} ${trade} ${where.city} ${where.legalForm}`,
    // The running number keeps domains unique, as the real ones are.
    domain: `${first}${trade}${index}.onmicrosoft.com`.toLowerCase(),
    place: where
  }
}

/** A person's first and last name that always belong to this number. */
export const person = (
  index: number
): { readonly firstName: string; readonly lastName: string } => {
  const [firstName = "Ada", lastName = "Kovac"] = (people[index % people.length] ?? "").split(" ")
  return { firstName, lastName }
}
