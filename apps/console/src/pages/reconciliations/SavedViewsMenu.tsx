import { Button, Menu, Modal, Stack, Text, TextInput } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { IconBookmark, IconTrash } from "@tabler/icons-react"
import { getRouteApi } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { issueOf } from "../../api/Problem.ts"
import { parseSearch, stringifySearch } from "../../frame/search.ts"
import { ProblemBox, Shown } from "../../show/States.tsx"
import { rowsSearch } from "./runs.ts"

const route = getRouteApi("/reconciliations/$id/")

type View = Item<"GET /v1/views">

/** Filter, order, grouping and columns of reports under names: one's own, for every report. */
export const SavedViewsMenu = () => {
  const navigate = route.useNavigate()
  const [isSaving, saving] = useDisclosure()
  const [isDeleting, deleting] = useDisclosure()
  const views = useRead("GET /v1/views", {})
  const items = (views.data?.items ?? []).filter(({ page }) => page === "report")
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} aria-hidden />}>
            Views
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {items.map(({ id, name, search }) => (
            <Menu.Item
              key={id}
              className="foreign"
              onClick={() => void navigate({ search: rowsSearch(parseSearch(search)) })}
            >
              {name}
            </Menu.Item>
          ))}
          {items.length > 0 && <Menu.Divider />}
          <Menu.Item onClick={saving.open}>Save this view …</Menu.Item>
          {items.length > 0 && <Menu.Item onClick={deleting.open}>Delete views …</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={isSaving} onClose={saving.close} title="Save this view" centered>
        <SaveView onDone={saving.close} />
      </Modal>
      <Modal opened={isDeleting} onClose={deleting.close} title="Delete views" centered>
        <Shown of={views}>{() => <DeleteViews views={items} />}</Shown>
      </Modal>
    </>
  )
}

const SaveView = ({ onDone }: { readonly onDone: () => void }) => {
  const search = route.useSearch()
  const [name, setName] = useState("")
  const save = useCommand("PUT /v1/views", ["GET /v1/views"])
  const submit = () => {
    // A page of a list is no view: it begins with the first.
    const text = stringifySearch({ ...search, cursor: undefined }).slice(1)
    save.mutate(
      { parts: { payload: { page: "report", name, search: text } } },
      { onSuccess: onDone }
    )
  }
  const nameError = issueOf(save.error, "name")
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          required
          maxLength={100}
          value={name}
          error={nameError}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Text size="sm" c="dimmed">
          Filter, order, grouping and columns, for you only. A view of the same name is replaced.
        </Text>
        {save.error !== null && nameError === undefined && (
          <ProblemBox problem={save.error} onRetry={submit} />
        )}
        <Button type="submit" disabled={name === ""} loading={save.isPending}>
          Save
        </Button>
      </Stack>
    </form>
  )
}

const DeleteViews = ({ views }: { readonly views: ReadonlyArray<View> }) => {
  const remove = useCommand("DELETE /v1/views/:id", ["GET /v1/views"])
  return (
    <Stack gap="xs">
      {views.length === 0 && <Text>No view is saved.</Text>}
      {views.map(({ id, name }) => (
        <Button
          key={id}
          variant="default"
          justify="space-between"
          rightSection={<IconTrash size={16} aria-hidden />}
          aria-label={`Delete ${name}`}
          onClick={() => remove.mutate({ parts: { params: { id } } })}
        >
          {name}
        </Button>
      ))}
      {remove.error !== null && <ProblemBox problem={remove.error} />}
    </Stack>
  )
}
