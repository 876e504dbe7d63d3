import * as Schema from "effect/Schema"
import { changedFields, compareMonths } from "../catalogue/compareMonths.ts"
import { segments } from "../catalogue/Item.ts"
import { skusIn, textOf } from "../catalogue/Month.ts"
import type { Simulator } from "../Simulator.ts"
import { CatalogueSettings } from "../world/Operation.ts"
import { ControlRefusal } from "../world/refusals.ts"
import { endpoint, none } from "./Endpoint.ts"

const MonthText = Schema.String.check(
  Schema.isPattern(/^[0-9]{4}-(0[1-9]|1[0-2])$/u, { message: "a month is needed, such as 2026-12" })
)

export const CatalogueState = Schema.Struct({
  month: MonthText.annotate({ description: "whose catalogue Partner Center answers with" }),
  settings: CatalogueSettings,
  offers: Schema.Int.annotate({ description: "of legacy commerce, add-ons and trials included" }),
  skus: Schema.Int.annotate({ description: "of products, in all segments and countries" })
}).annotate({ identifier: "CatalogueState" })

const stateOf = (simulator: Simulator): typeof CatalogueState.Type => {
  const month = simulator.catalogue()
  return {
    month: textOf(month.number),
    settings: simulator.catalogueSettings,
    offers: month.offers.length,
    skus: skusIn(month).length
  }
}

const item = {
  offer: Schema.String,
  name: Schema.String.annotate({ description: "in English" }),
  isTrial: Schema.Boolean,
  segments: Schema.Array(Schema.Literals(segments)),
  countries: Schema.Array(Schema.String).annotate({ description: "in which it is, or was, sold" })
}
const Value = Schema.Union([
  Schema.String,
  Schema.Finite,
  Schema.Boolean,
  Schema.Null,
  Schema.Array(Schema.String)
])

export const CatalogueChanges = Schema.Struct({
  from: MonthText,
  to: MonthText,
  added: Schema.Array(Schema.Struct(item)),
  changed: Schema.Array(
    Schema.Struct({
      ...item,
      fields: Schema.Array(
        Schema.Struct({ field: Schema.Literals(changedFields), before: Value, after: Value })
      )
    })
  ),
  discontinued: Schema.Array(
    Schema.Struct({
      ...item,
      listed: Schema.Boolean.annotate({
        description: "whether Partner Center still shows it, as not purchasable"
      })
    })
  ),
  repriced: Schema.Array(Schema.String).annotate({
    description: "offers whose price changed, which only the price sheet tells"
  })
}).annotate({ identifier: "CatalogueChanges" })

const changesBetween = (
  simulator: Simulator,
  from: number,
  to: number
): typeof CatalogueChanges.Type => {
  const before = simulator.catalogue(from)
  const after = simulator.catalogue(to)
  return {
    from: textOf(before.number),
    to: textOf(after.number),
    ...compareMonths(before, after)
  }
}

const readState = endpoint({
  id: "readCatalogueState",
  method: "GET",
  path: "/catalogue/state",
  summary: "Tell which month's catalogue is sold",
  description: "The catalogue's month is that of the clock, unless it was moved ahead.",
  query: none,
  payload: none,
  success: CatalogueState,
  run: ({ simulator }) => stateOf(simulator)
})

const readChanges = endpoint({
  id: "readCatalogueChanges",
  method: "GET",
  path: "/catalogue/changes",
  summary: "Get the answer key between two months",
  description:
    "What is new, changed and discontinued. Before the world's first month there is no other catalogue.",
  query: Schema.Struct({
    from: Schema.optionalKey(MonthText).annotate({ description: "default: the month before `to`" }),
    to: Schema.optionalKey(MonthText).annotate({ description: "default: the catalogue's month" })
  }),
  payload: none,
  success: CatalogueChanges,
  run: ({ simulator, query }) => {
    const to = query.to === undefined ? simulator.catalogueMonth() : numberOf(query.to)
    const from = query.from === undefined ? to - 1 : numberOf(query.from)
    if (from > to) throw new ControlRefusal(400, "months-reversed", "`from` is after `to`.", "from")
    return changesBetween(simulator, from, to)
  }
})

const numberOf = (text: string): number => {
  const [year, month] = text.split("-")
  return Number(year) * 12 + Number(month) - 1
}

const advance = endpoint({
  id: "advanceCatalogue",
  method: "POST",
  path: "/catalogue/advance",
  summary: "Sell the catalogue of a later month, and get the answer key",
  description:
    "The clock stays. New items, other names, quantities, plans and trials, and discontinued items; every catalogue item id is another one.",
  payload: Schema.Struct({
    months: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 24 }))
    ).annotate({ description: "default 1" })
  }).annotate({ identifier: "CatalogueAdvance" }),
  query: none,
  success: CatalogueChanges,
  run: ({ simulator, payload }) => {
    const { months = 1 } = payload
    const from = simulator.catalogueMonth()
    const monthsAhead = simulator.catalogueSettings.monthsAhead + months
    if (monthsAhead > monthsAheadMax)
      throw new ControlRefusal(
        409,
        "too-far-ahead",
        `The catalogue can be at most ${monthsAheadMax} months ahead of the clock; reset the world.`,
        "months"
      )
    simulator.setCatalogue({ monthsAhead })
    return changesBetween(simulator, from, simulator.catalogueMonth())
  }
})

const monthsAheadMax = 240

const setPriceSheets = endpoint({
  id: "setPriceSheets",
  method: "PATCH",
  path: "/catalogue/price-sheets",
  summary: "Make price sheets large, or as large as the catalogue again",
  description: "They are made while they are sent, so that their size costs no memory.",
  payload: Schema.Struct({ lines: CatalogueSettings.fields.priceSheetLines }).annotate({
    identifier: "PriceSheetSettings"
  }),
  query: none,
  success: CatalogueState,
  run: ({ simulator, payload }) => {
    simulator.setCatalogue({ priceSheetLines: payload.lines })
    return stateOf(simulator)
  }
})

export const catalogueEndpoints = [readState, readChanges, advance, setPriceSheets]
