import { Anchor, Button, Group, Stack } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Payload } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Money } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { Empty, ProblemBox, Shown } from "../../show/States.tsx"
import { cycleNames } from "../catalogue/products.ts"
import { termText } from "../reconciliations/values.ts"
import { type Entry, type PriceList, priceListReadings, ruleNames } from "./priceLists.ts"
import { RuleForm } from "./RuleForm.tsx"

const route = getRouteApi("/price-lists/$id")

type Change = Payload<"PATCH /v1/pricelists/:id/entries">

const keyOf = ({ billingCycle, subject, term }: Entry): string =>
  JSON.stringify([subject, term, billingCycle])

/** The groups that a list of the instance may name; as many as one answer holds. */
const usePriceGroups = (instance: string) =>
  useRead("GET /v1/pricegroups", { query: { instance, limit: "500" } })

/** What a price list says: for which products, terms and billing cycles, and how the price comes about. */
export const PriceListRules = ({ list }: { readonly list: PriceList }) => {
  const { id, instance, version } = list
  const { cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay("price-lists:write")
  const [edited, setEdited] = useState<Entry | null>(null)
  const groups = usePriceGroups(instance).data?.items ?? []
  const entries = useRead("GET /v1/pricelists/:id/entries", {
    params: { id },
    query: cursor === undefined ? {} : { cursor }
  })
  const change = useCommand("PATCH /v1/pricelists/:id/entries", priceListReadings)
  const send = (payload: Change, onSuccess: () => void) =>
    change.mutate({ parts: { params: { id }, payload }, version }, { onSuccess })
  const keep = (entry: Entry, onKept: () => void) => {
    // Another product, term or cycle is another rule: the one that was edited goes.
    const moved = edited !== null && keyOf(edited) !== keyOf(entry)
    const { billingCycle, subject, term } = edited ?? entry
    send({ put: [entry], ...(moved ? { remove: [{ subject, term, billingCycle }] } : {}) }, () => {
      setEdited(null)
      onKept()
    })
  }
  const subjectText = ({ subject }: Entry): string => {
    if (subject.kind === "all") return "all products"
    if (subject.kind === "product") return subject.offer
    return groups.find((group) => group.id === subject.groupId)?.name ?? "a price group"
  }
  const columns: ReadonlyArray<Column<Entry>> = [
    {
      id: "of",
      header: "Of",
      cell: (entry) => {
        const { subject } = entry
        const text = subjectText(entry)
        if (subject.kind === "all") return text
        return (
          <Anchor
            component={Link}
            className="foreign"
            to={
              subject.kind === "product"
                ? `/products?instance=${encodeURIComponent(instance)}&q=${encodeURIComponent(subject.offer)}`
                : `/price-groups/${subject.groupId}`
            }
          >
            {text}
          </Anchor>
        )
      }
    },
    {
      id: "term",
      header: "Commitment",
      cell: ({ term }) => (term === null ? "any" : termText(term))
    },
    {
      id: "cycle",
      header: "Billing cycle",
      cell: ({ billingCycle }) => (billingCycle === null ? "any" : cycleNames[billingCycle])
    },
    { id: "rule", header: "Rule", cell: ({ rule }) => ruleNames[rule.kind] },
    {
      id: "value",
      header: "Value",
      align: "right",
      cell: ({ rule }) =>
        rule.kind === "fixed" ? (
          <Money value={{ amount: rule.value, currency: list.currency }} />
        ) : (
          `${rule.value} %`
        )
    },
    ...(mayWrite
      ? [
          {
            id: "act",
            header: "Change",
            cell: (entry: Entry) => (
              <Group gap={6} wrap="nowrap">
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={`Change the rule for ${subjectText(entry)}`}
                  onClick={() => setEdited(entry)}
                >
                  Change
                </Button>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={`Take out the rule for ${subjectText(entry)}`}
                  loading={change.isPending}
                  onClick={() => {
                    const { billingCycle, subject, term } = entry
                    send({ remove: [{ subject, term, billingCycle }] }, () => setEdited(null))
                  }}
                >
                  Take out
                </Button>
              </Group>
            )
          }
        ]
      : [])
  ]
  return (
    <Stack gap="sm">
      {mayWrite && (
        <RuleForm
          key={edited === null ? "new" : keyOf(edited)}
          instance={instance}
          groups={groups}
          edited={edited}
          isBusy={change.isPending}
          onKeep={keep}
          onLeave={() => setEdited(null)}
        />
      )}
      {change.error !== null && <ProblemBox problem={change.error} />}
      <Shown of={entries}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No rule yet">Add one: without a rule nothing is for sale.</Empty>
          ) : (
            <>
              <DataTable label="Rules" rows={items} columns={columns} keyOf={keyOf} />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: { show: "entries", cursor } })}
              />
            </>
          )
        }
      </Shown>
    </Stack>
  )
}
