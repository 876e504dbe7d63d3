import { Anchor, Button, Group, Modal } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"
import { DownloadSheet } from "./DownloadSheet.tsx"
import { comingEvery, type PriceSheet, sheetTone, timelineNames } from "./priceSheets.ts"
import { UploadSheet } from "./UploadSheet.tsx"

const route = getRouteApi("/price-sheets/")

/** Imports of Microsoft's price sheets, newest first. */
export const PriceSheets = () => {
  const { cursor, do: doing, instance } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay("catalogue:write")
  const go = (doing?: "upload" | "download") =>
    void navigate({ search: { instance, do: doing, cursor } })
  const sheets = useRead(
    "GET /v1/catalogue/pricesheets",
    {
      query: {
        ...(instance === undefined ? {} : { instance }),
        ...(cursor === undefined ? {} : { cursor })
      }
    },
    { everyMs: (page) => comingEvery(page?.items) }
  )
  return (
    <>
      <PageHead title="Price sheets">
        {mayWrite && (
          <>
            <Button variant="default" onClick={() => go("download")}>
              Download from Microsoft
            </Button>
            <Button onClick={() => go("upload")}>Import a file</Button>
          </>
        )}
      </PageHead>
      <Modal
        opened={mayWrite && doing === "upload"}
        onClose={() => go()}
        title="Import a price sheet"
        size="lg"
      >
        <UploadSheet first={instance ?? null} />
      </Modal>
      <Modal
        opened={mayWrite && doing === "download"}
        onClose={() => go()}
        title="Download a price sheet from Microsoft"
        size="lg"
      >
        <DownloadSheet first={instance ?? null} />
      </Modal>
      <Group mb="sm">
        <InstanceSelect
          label="Instance"
          clearable
          w={220}
          value={instance ?? null}
          onChange={(name) => void navigate({ search: { instance: name ?? undefined } })}
        />
      </Group>
      <Shown of={sheets}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No price sheet was imported yet">
              Microsoft's sheets say what products cost, and what it recommends to charge.
            </Empty>
          ) : (
            <>
              <DataTable
                label="Price sheets"
                rows={items}
                columns={columns}
                keyOf={({ id }) => id}
                canChoose
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: { instance, cursor } })}
              />
            </>
          )
        }
      </Shown>
    </>
  )
}

const columns: ReadonlyArray<Column<PriceSheet>> = [
  {
    id: "at",
    header: "Asked for",
    cell: ({ createdAt, id }) => (
      <Anchor component={Link} to={`/price-sheets/${id}`}>
        <Instant at={createdAt} />
      </Anchor>
    )
  },
  { id: "instance", header: "Instance", cell: ({ instance }) => instance },
  {
    id: "sheet",
    header: "Sheet",
    cell: ({ market, month, timeline }) => `${market}, ${month}, ${timelineNames[timeline]}`
  },
  {
    id: "status",
    header: "Status",
    cell: ({ dryRun, status }) => (
      <Group gap={6}>
        <State tone={sheetTone[status]}>{status}</State>
        {dryRun && <State tone="neutral">dry run</State>}
      </Group>
    )
  },
  {
    id: "lines",
    header: "Lines",
    align: "right",
    cell: ({ progress }) => countText(progress.lines)
  },
  { id: "added", header: "Added", align: "right", cell: ({ counts }) => countText(counts.added) },
  {
    id: "changed",
    header: "Changed",
    align: "right",
    cell: ({ counts }) => countText(counts.changed)
  },
  { id: "ended", header: "Ended", align: "right", cell: ({ counts }) => countText(counts.ended) },
  {
    id: "problems",
    header: "Problems",
    align: "right",
    cell: ({ problemCount }) => countText(problemCount)
  },
  { id: "source", header: "From", isHidden: true, cell: ({ source }) => source },
  {
    id: "by",
    header: "By",
    cell: ({ requestedBy }) => <span className="foreign">{requestedBy}</span>
  }
]
