import { Anchor, Card, Code, SimpleGrid, Stack, Text, Title } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText, Money } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, Loading, PageHead, Shown } from "../../show/States.tsx"
import type { Tone } from "../../show/tone.ts"
import { planText, segmentNames } from "../catalogue/products.ts"
import { comingEvery, isComing, type PriceSheet, sheetTone, timelineNames } from "./priceSheets.ts"

const route = getRouteApi("/price-sheets/$id")

/** One import of a price sheet: how far it is, which lines are wrong, and what it changed. */
export const PriceSheetPage = () => {
  const { id } = route.useParams()
  const sheet = useRead(
    "GET /v1/catalogue/pricesheets/:id",
    { params: { id } },
    { everyMs: (sheet) => comingEvery(sheet === undefined ? undefined : [sheet]) }
  )
  return (
    <Shown of={sheet} title="Price sheet">
      {(sheet) => (
        <>
          <PageHead
            title={`Price sheet of ${sheet.market}, ${sheet.month}`}
            above={
              <Anchor component={Link} to="/price-sheets" size="sm">
                Price sheets
              </Anchor>
            }
          />
          <Stack>
            <SimpleGrid cols={{ base: 2, md: 4 }}>
              <Fact label="Status">
                <State tone={sheetTone[sheet.status]}>{sheet.status}</State>
              </Fact>
              <Fact label="Sheet">
                {timelineNames[sheet.timeline]} of {sheet.instance}
                {sheet.dryRun && ", dry run: no price is changed"}
              </Fact>
              <Fact label="Lines read">{countText(sheet.progress.lines)}</Fact>
              <Fact label="Ended">
                <Instant at={sheet.finishedAt} />
              </Fact>
              <Fact label="Added / changed">
                {countText(sheet.counts.added)} / {countText(sheet.counts.changed)}
              </Fact>
              <Fact label="Other dates / ended">
                {countText(sheet.counts.redated)} / {countText(sheet.counts.ended)}
              </Fact>
              <Fact label="Unchanged / twice in it">
                {countText(sheet.counts.unchanged)} / {countText(sheet.counts.duplicates)}
              </Fact>
              <Fact label="Asked for">
                <span className="foreign">{sheet.requestedBy}</span>,{" "}
                {sheet.source === "upload" ? "a file" : "downloaded"}
              </Fact>
            </SimpleGrid>
            {sheet.problem !== null && <Text className="foreign">{sheet.problem}</Text>}
            {sheet.problemCount > 0 && <Problems sheet={sheet} />}
            {isComing(sheet) ? (
              <Loading what="Under way" />
            ) : (
              <Changes key={sheet.status} id={id} dryRun={sheet.dryRun} />
            )}
          </Stack>
        </>
      )}
    </Shown>
  )
}

const problemColumns: ReadonlyArray<Column<PriceSheet["problems"][number]>> = [
  { id: "line", header: "Line", align: "right", cell: ({ line }) => line },
  { id: "column", header: "Column", cell: ({ column }) => column ?? "the line" },
  {
    id: "value",
    header: "Value",
    cell: ({ value }) => (value === null ? "–" : <Code className="foreign">{value}</Code>)
  },
  {
    id: "text",
    header: "What is wrong",
    cell: ({ text }) => <span className="foreign">{text}</span>
  }
]

const Problems = ({ sheet: { problemCount, problems } }: { readonly sheet: PriceSheet }) => (
  <Card withBorder component="section" aria-label="Problems">
    <Title order={2} size="h4" mb="xs">
      Problems
    </Title>
    <Text size="sm" mb="xs">
      {countText(problemCount)} in all
      {problemCount > problems.length && `, the first ${countText(problems.length)} of them`}. No
      price was changed.
    </Text>
    <DataTable
      label="Problems"
      rows={problems}
      columns={problemColumns}
      keyOf={({ column, line, text }) => `${line} ${column} ${text}`}
    />
  </Card>
)

type Change = Item<"GET /v1/catalogue/pricesheets/:id/changes">

const kindTone: Record<Change["kind"], Tone> = {
  added: "good",
  changed: "busy",
  redated: "neutral",
  ended: "warning"
}

const columns: ReadonlyArray<Column<Change>> = [
  {
    id: "kind",
    header: "Change",
    cell: ({ kind }) => <State tone={kindTone[kind]}>{kind}</State>
  },
  {
    id: "offer",
    header: "Offer",
    cell: ({ offer, title }) => (
      <>
        <Text size="sm" className="foreign">
          {title}
        </Text>
        <Text size="xs" c="dimmed">
          {offer}
        </Text>
      </>
    )
  },
  {
    id: "plan",
    header: "Plan",
    cell: (change) => `${planText(change)}, ${segmentNames[change.segment]}`
  },
  {
    id: "before",
    header: "Cost before",
    align: "right",
    cell: ({ before }) => <Money value={before?.cost ?? null} />
  },
  {
    id: "after",
    header: "Cost now",
    align: "right",
    cell: ({ after }) => <Money value={after?.cost ?? null} />
  },
  {
    id: "recommended",
    header: "Recommended now",
    align: "right",
    cell: ({ after }) => <Money value={after?.recommended ?? null} />
  },
  {
    id: "from",
    header: "From",
    cell: ({ after }) => <Instant at={after?.validFrom ?? null} />
  },
  {
    id: "to",
    header: "Until",
    cell: ({ after, before }) => <Instant at={(after ?? before)?.validTo ?? null} />
  }
]

const Changes = ({ id, dryRun }: { readonly id: string; readonly dryRun: boolean }) => {
  const { cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const changes = useRead("GET /v1/catalogue/pricesheets/:id/changes", {
    params: { id },
    query: cursor === undefined ? {} : { cursor }
  })
  return (
    <Card
      withBorder
      component="section"
      aria-label={dryRun ? "What it would change" : "What it changed"}
    >
      <Title order={2} size="h4" mb="xs">
        {dryRun ? "What it would change" : "What it changed"}
      </Title>
      <Shown of={changes}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No price" />
          ) : (
            <>
              <DataTable
                label="Changed prices"
                rows={items}
                columns={columns}
                keyOf={(change) =>
                  [
                    change.offer,
                    planText(change),
                    change.segment,
                    change.currency,
                    change.tierMin,
                    change.kind,
                    (change.after ?? change.before)?.validFrom
                  ].join(" ")
                }
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: { cursor } })}
              />
            </>
          )
        }
      </Shown>
    </Card>
  )
}
