/**
 * Migration 4 on PostgreSQL: what an item's row must hold, checked by one trigger. As eleven check constraints it was half of what an
 * update of an item cost, because the server reads each constraint's text anew for every statement; a function is read once.
 */
export const LEAN_CHECKS = `
do $do$ declare c record; begin
  for c in select conname from pg_constraint where conrelid = (quote_ident(current_schema()) || '.item')::regclass and contype = 'c'
    loop execute 'alter table item drop constraint ' || quote_ident(c.conname); end loop;
end $do$;
create function item_holds() returns trigger language plpgsql as $$ begin
  if new.state in ('open','blocked','review','done','dropped')
    and (new.phase is null or new.phase in ('verify','human','land','await_git','evidence'))
    and new.class in ('core','background')
    and (new.priority is null or new.priority in ('P1','P2','P3','P4','P5'))
    and new.band in (0, 1) and (new.q is null or new.q in (1,2,3,4))
    and (new.state in ('done','dropped')) = (new.closed_at is not null)
    and (new.state = 'review') = (new.phase is not null)
    and (new.lease_id is null) = (new.lease_expires_at is null)
    and (new.lease_id is null or new.state in ('open','review'))
    and (new.q is not distinct from 3) = (new.lease_id is not null)
  then return new; end if;
  raise exception 'item % holds what it cannot hold', new.id using errcode = 'check_violation';
end $$;
create trigger item_holds before insert or update on item for each row execute function item_holds();
`;
