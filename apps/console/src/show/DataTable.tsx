import { Button, Menu, Table } from "@mantine/core"
import { IconColumns3 } from "@tabler/icons-react"
import {
  type ColumnDef,
  getCoreRowModel,
  type Row,
  useReactTable,
  type VisibilityState
} from "@tanstack/react-table"
import { useVirtualizer } from "@tanstack/react-virtual"
import { type ReactNode, useMemo, useRef, useState } from "react"

/** A column: what it is called, and what a row shows in it. */
export interface Column<T> {
  readonly id: string
  readonly header: string
  readonly cell: (row: T) => ReactNode
  readonly align?: "right"
  readonly isHidden?: boolean
}

const rowHeight = 44
/** Rows up to which the page simply holds them all. */
const virtualFrom = 60

/**
 * A page of a list. Long pages hold only the rows in view, with empty ones above and below as high as the others
 * would be.
 */
export const DataTable = <T,>({
  label,
  rows,
  columns,
  keyOf,
  canChoose = false,
  chosen,
  onChoose
}: {
  /** What the table holds, for those who do not see it. */
  readonly label: string
  readonly rows: ReadonlyArray<T>
  readonly columns: ReadonlyArray<Column<T>>
  readonly keyOf: (row: T) => string
  readonly canChoose?: boolean
  /** The ids of the columns that are shown, where the page keeps them; undefined: those that are not hidden. */
  readonly chosen?: ReadonlyArray<string> | undefined
  /** Told of another choice; undefined: that of the beginning. */
  readonly onChoose?: (ids: ReadonlyArray<string> | undefined) => void
}) => {
  const atFirst = useMemo<VisibilityState>(
    () => Object.fromEntries(columns.map(({ id, isHidden }) => [id, isHidden !== true])),
    [columns]
  )
  const [ownVisibility, setOwnVisibility] = useState(atFirst)
  const columnVisibility =
    onChoose === undefined
      ? ownVisibility
      : chosen === undefined
        ? atFirst
        : Object.fromEntries(columns.map(({ id }) => [id, chosen.includes(id)]))
  const choose = (next: VisibilityState) => {
    if (onChoose === undefined) {
      setOwnVisibility(next)
      return
    }
    const ids = columns.flatMap(({ id }) => (next[id] === false ? [] : [id]))
    const isAtFirst = columns.every(({ id }) => ids.includes(id) === (atFirst[id] !== false))
    onChoose(isAtFirst ? undefined : ids)
  }
  const scroller = useRef<HTMLElement>(null)
  const data = useMemo(() => [...rows], [rows])
  const definitions = useMemo(
    () => columns.map(({ id, header }): ColumnDef<T> => ({ id, header })),
    [columns]
  )
  const table = useReactTable<T>({
    data,
    columns: definitions,
    autoResetAll: false,
    getRowId: keyOf,
    state: { columnVisibility },
    onColumnVisibilityChange: (change) =>
      choose(typeof change === "function" ? change(columnVisibility) : change),
    getCoreRowModel: getCoreRowModel()
  })
  const models = table.getRowModel().rows
  const isVirtual = models.length > virtualFrom
  const virtual = useVirtualizer({
    count: models.length,
    enabled: isVirtual,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12
  })
  const items = virtual.getVirtualItems()
  const above = isVirtual ? (items[0]?.start ?? 0) : 0
  const below = isVirtual ? virtual.getTotalSize() - (items.at(-1)?.end ?? 0) : 0
  const inView = isVirtual ? items.flatMap(({ index }) => models[index] ?? []) : models
  const visible = columns.filter(({ id }) => columnVisibility[id] !== false)
  return (
    <>
      {canChoose && (
        <Menu closeOnItemClick={false} position="bottom-end">
          <Menu.Target>
            <Button
              variant="default"
              size="xs"
              mb="xs"
              leftSection={<IconColumns3 size={16} aria-hidden />}
            >
              Columns
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {table.getAllLeafColumns().map((column) => (
              <Menu.CheckboxItem
                key={column.id}
                checked={column.getIsVisible()}
                onChange={() => column.toggleVisibility()}
              >
                {String(column.columnDef.header)}
              </Menu.CheckboxItem>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <section
        ref={scroller}
        className="scroller"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        aria-label={`Table: ${label}`}
        style={isVirtual ? { maxHeight: "70vh" } : {}}
      >
        <Table
          stickyHeader={isVirtual}
          highlightOnHover
          aria-label={label}
          aria-rowcount={models.length + 1}
        >
          <Table.Thead>
            <Table.Tr>
              {visible.map(({ align, header, id }) => (
                <Table.Th key={id} ta={align ?? "left"} scope="col">
                  {header}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {above > 0 && <Spacer height={above} />}
            {inView.map((row) => (
              <DataRow
                key={row.id}
                row={row}
                columns={visible}
                measure={isVirtual ? virtual.measureElement : undefined}
              />
            ))}
            {below > 0 && <Spacer height={below} />}
          </Table.Tbody>
        </Table>
      </section>
    </>
  )
}

const Spacer = ({ height }: { readonly height: number }) => (
  <tr aria-hidden>
    <td style={{ height, padding: 0, border: 0 }} />
  </tr>
)

const DataRow = <T,>({
  row,
  columns,
  measure
}: {
  readonly row: Row<T>
  readonly columns: ReadonlyArray<Column<T>>
  readonly measure: ((element: HTMLElement | null) => void) | undefined
}) => (
  <Table.Tr
    data-index={row.index}
    aria-rowindex={row.index + 2}
    {...(measure === undefined ? {} : { ref: measure })}
  >
    {columns.map(({ align, cell, id }) => (
      <Table.Td key={id} ta={align ?? "left"}>
        {cell(row.original)}
      </Table.Td>
    ))}
  </Table.Tr>
)
