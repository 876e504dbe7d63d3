import { Anchor, Button, Modal, Progress, Stack, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"
import { type Import, importEvery, importTone, isImporting } from "./imports.ts"

const route = getRouteApi("/imports/")

/** Customers that Partner Center has already, taken over into the BSS. */
export const Imports = () => {
  const { cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay("imports:write")
  const [isAsking, { open, close }] = useDisclosure()
  const imports = useRead(
    "GET /v1/imports",
    { query: cursor === undefined ? {} : { cursor } },
    { everyMs: (page) => importEvery(page?.items) }
  )
  return (
    <>
      <PageHead title="Imports">
        {mayWrite && <Button onClick={open}>Get the hierarchy</Button>}
      </PageHead>
      <Modal opened={isAsking} onClose={close} title="Get the hierarchy of an instance" centered>
        <GetHierarchy />
      </Modal>
      <Shown of={imports}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="Nothing has been imported yet">
              Get the hierarchy of an instance: its customers with their resellers. Nothing is made
              before you say so.
            </Empty>
          ) : (
            <>
              <DataTable label="Imports" rows={items} columns={columns} keyOf={({ id }) => id} />
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
    </>
  )
}

const columns: ReadonlyArray<Column<Import>> = [
  {
    id: "at",
    header: "Asked for",
    cell: ({ createdAt, id }) => (
      <Anchor component={Link} to={`/imports/${id}`}>
        <Instant at={createdAt} />
      </Anchor>
    )
  },
  { id: "instance", header: "Instance", cell: ({ instance }) => instance },
  {
    id: "status",
    header: "Status",
    cell: (item) => (
      <Stack gap={4}>
        <div>
          <State tone={importTone[item.status]}>{item.status}</State>
        </div>
        {isImporting(item) && <ImportProgress item={item} />}
      </Stack>
    )
  },
  {
    id: "customers",
    header: "Customers",
    align: "right",
    cell: ({ progress }) => countText(progress.customers)
  },
  {
    id: "resellers",
    header: "Resellers",
    align: "right",
    cell: ({ resellers }) => countText(resellers)
  },
  {
    id: "imported",
    header: "Imported",
    align: "right",
    cell: ({ progress }) => countText(progress.imported)
  },
  {
    id: "by",
    header: "By",
    cell: ({ requestedBy }) => <span className="foreign">{requestedBy}</span>
  }
]

export const ImportProgress = ({ item: { progress, status } }: { readonly item: Import }) => {
  const done =
    status === "importing"
      ? progress.imported + progress.incomplete + progress.failed
      : progress.read
  const all = status === "importing" ? done + progress.waiting : progress.customers
  return (
    <div>
      <Progress aria-label="Customers done" value={all === 0 ? 0 : (100 * done) / all} />
      <Text size="xs" c="dimmed">
        {countText(done)} of {countText(all)} customers
      </Text>
    </div>
  )
}

const GetHierarchy = () => {
  const navigate = useNavigate()
  const [instance, setInstance] = useState<string | null>(null)
  const start = useCommand("POST /v1/imports", ["GET /v1/imports"])
  const submit = () => {
    if (instance !== null)
      start.mutate(
        { parts: { payload: { instance } } },
        { onSuccess: ({ id }) => void navigate({ to: "/imports/$id", params: { id } }) }
      )
  }
  return (
    <Stack>
      <InstanceSelect label="Instance" required value={instance} onChange={setInstance} />
      <Text size="sm" c="dimmed">
        It only reads. What is imported is said afterwards, customer by customer.
      </Text>
      {start.error !== null && <ProblemBox problem={start.error} onRetry={submit} />}
      <Button onClick={submit} disabled={instance === null} loading={start.isPending}>
        Get it
      </Button>
    </Stack>
  )
}
