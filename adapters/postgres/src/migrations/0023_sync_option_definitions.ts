import { sql } from "kysely"
import type { MigrationModule } from "./index.ts"

// Instances of before have the options that their settings gave them, as if their catalogue had been read since.
const tables = `
create table sync_option_definition (
  instance_id uuid not null references instance on delete cascade,
  name text not null check (name in ('userName', 'domainPrefix', 'mpnId', 'taxId')),
  length_min integer not null,
  length_max integer not null,
  countries text[] not null,
  primary key (instance_id, name)
);

insert into sync_option_definition (instance_id, name, length_min, length_max, countries)
select id, 'userName', 1, 64, array[]::text[] from instance
union all
select id, 'domainPrefix', 1, 253, array[]::text[] from instance
union all
select id, 'mpnId', 1, 20, array[]::text[] from instance where csp_status = 'indirect'
union all
select id, 'taxId', 5, 22, array(
  select country from unnest(countries) with ordinality of (country, place)
  where country = any (asking) order by place)
from instance, (values (array[
  'RU', 'HU', 'AM', 'AZ', 'BY', 'KZ', 'KG', 'MD', 'TJ', 'UZ', 'UA', 'TH', 'VN', 'TR', 'PL', 'ZA', 'IN', 'BR', 'IQ',
  'MM', 'SS', 'SA', 'AE', 'VE'])) tax (asking)
where countries && asking;
`

/** Which sync options an instance has is what its catalogue runs have made. */
export const syncOptionDefinitions: MigrationModule = {
  name: "0023_sync_option_definitions",
  up: async (db) => {
    await sql.raw(tables).execute(db)
  }
}
