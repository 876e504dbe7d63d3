import { Group, Select } from "@mantine/core"
import { getRouteApi } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { DateBox } from "../../show/DateBox.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"
import { SubscriptionTable } from "./SubscriptionTable.tsx"
import { type SubscriptionsSearch, sortNames, statusTone } from "./subscriptions.ts"

const route = getRouteApi("/subscriptions/")

/** What customers have, as the BSS holds it. */
export const Subscriptions = () => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const mayReadInstances = useMay("instances:read")
  const { account, cursor, endsBefore, endsFrom, instance, q, sort, status } = search
  const subscriptions = useRead("GET /v1/subscriptions", {
    query: {
      ...(q === undefined ? {} : { q }),
      ...(account === undefined ? {} : { account }),
      ...(instance === undefined ? {} : { instance }),
      ...(status === undefined ? {} : { status }),
      ...(endsFrom === undefined ? {} : { endsFrom }),
      ...(endsBefore === undefined ? {} : { endsBefore }),
      ...(sort === undefined ? {} : { sort }),
      ...(cursor === undefined ? {} : { cursor })
    }
  })
  const set = (change: SubscriptionsSearch) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  return (
    <>
      <PageHead title="Subscriptions" />
      <Group align="end" mb="sm">
        <SearchBox
          label="Begins with"
          placeholder="Name, reference; or a whole id"
          value={q}
          onSearch={(q) => set({ q })}
        />
        <AccountSelect
          label="Account"
          w={240}
          value={account ?? null}
          onChange={(account) => set({ account: account ?? undefined })}
        />
        {mayReadInstances && (
          <InstanceSelect
            label="Instance"
            clearable
            w={170}
            value={instance ?? null}
            onChange={(instance) => set({ instance: instance ?? undefined })}
          />
        )}
        <Select
          label="Status"
          clearable
          clearButtonProps={{ "aria-label": "Clear the status" }}
          placeholder="Any"
          w={140}
          data={Object.keys(statusTone)}
          value={status ?? null}
          onChange={(value) => set({ status: nameIn({ value }, "value", statusTone) })}
        />
        <DateBox label="Ends from" value={endsFrom} onChange={(endsFrom) => set({ endsFrom })} />
        <DateBox
          label="Ends before"
          value={endsBefore}
          onChange={(endsBefore) => set({ endsBefore })}
        />
        <Select
          label="Sorted by"
          allowDeselect={false}
          w={190}
          data={Object.entries(sortNames).map(([value, label]) => ({ value, label }))}
          value={sort ?? "name"}
          onChange={(value) => set({ sort: nameIn({ value }, "value", sortNames) })}
        />
      </Group>
      <Shown of={subscriptions}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No subscription fits">Change or clear the filter.</Empty>
          ) : (
            <>
              <SubscriptionTable rows={items} />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: (before) => ({ ...before, cursor }) })}
              />
            </>
          )
        }
      </Shown>
    </>
  )
}
