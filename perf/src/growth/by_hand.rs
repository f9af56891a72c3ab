//! The program of many rules on static differential dataflow, in one dataflow; what groups share they share here too.

use std::time::Instant;

use differential_dataflow::input::Input as _;
use differential_dataflow::operators::iterate::Variable;
use timely::dataflow::ProbeHandle;
use timely::order::Product;
use timely::worker::Worker;

use super::facts::Cloud;
use super::{Growth, drive, rules};
use crate::cpu_seconds;
use crate::workload::by_hand::{Counts, Input, Program, Static, Typed, count};

pub(super) fn run(groups: usize, transactions: usize) -> anyhow::Result<Growth> {
    timely::execute_directly(move |worker| {
        let cloud = Cloud::new(groups);
        let (begun, cpu) = (Instant::now(), cpu_seconds());
        let program = build(worker, groups);
        let start = begun.elapsed().as_secs_f64();
        let grown = drive(&mut Static::new(worker, program), &cloud, transactions, cpu)?;
        Ok(Growth { start, ..grown })
    })
}

fn build(worker: &mut Worker, groups: usize) -> Program {
    worker.dataflow::<u32, _, _>(|scope| {
        let (mut probe, counts) = (ProbeHandle::new(), Counts::default());
        // Counts the rows of an output.
        macro_rules! output {
            ($collection:expr) => {{
                let counted = counts.clone();
                $collection.inspect(move |(_, _, weight)| count(&counted, *weight)).probe_with(&mut probe);
            }};
        }

        let (port, ports) = scope.new_collection::<(u32, (u32, u32)), isize>();
        let (bind, bound) = scope.new_collection::<(u32, u32), isize>();
        let (acl, acls) = scope.new_collection::<(u32, (u32, u32)), isize>();
        let ports_by_kind = ports.map(|(port, (switch, kind))| (kind, (port, switch))).arrange_by_key();
        let bound_ports = bound.clone().map(|(port, _)| port).distinct().arrange_by_self();
        let bound = bound.arrange_by_key();
        let acls = acls.arrange_by_key();
        let mut inputs: Vec<Box<dyn Input>> = vec![
            Box::new(Typed(port, |row| (row[0], (row[1], row[2])))),
            Box::new(Typed(bind, |row| (row[0], row[1]))),
            Box::new(Typed(acl, |row| (row[0], (row[1], row[2])))),
        ];

        for group in 0..groups {
            let (rule, rules) = scope.new_collection::<(u32, u32), isize>();
            let (address, addresses) = scope.new_collection::<(u32, (u32, u32)), isize>();
            let (link, links) = scope.new_collection::<(u32, u32), isize>();
            let (hide, hidden) = scope.new_collection::<u32, isize>();
            inputs.push(Box::new(Typed(rule, |row| (row[0], row[1]))));
            inputs.push(Box::new(Typed(address, |row| (row[0], (row[1], row[2])))));
            inputs.push(Box::new(Typed(link, |row| (row[0], row[1]))));
            inputs.push(Box::new(Typed(hide, |row| row[0])));

            let stage =
                ports_by_kind.clone().join_core(rules.arrange_by_key(), |_, (port, switch), action| {
                    Some((*port, (*switch, *action)))
                });
            let flow =
                stage.clone().arrange_by_key().join_core(bound.clone(), |port, (switch, action), chassis| {
                    Some((*port, (*chassis, *switch, *action)))
                });
            let not_shown = flow
                .clone()
                .arrange_by_key()
                .join_core(hidden.distinct().arrange_by_self(), |port, flow, ()| Some((*port, *flow)));
            output!(flow.concat(not_shown.negate()).map(|(_, flow)| flow).distinct());

            let stage_ports = stage.clone().map(|(port, (switch, _))| (port, switch)).distinct();
            let at_home = stage_ports
                .clone()
                .arrange_by_key()
                .join_core(bound_ports.clone(), |port, switch, ()| Some((*port, *switch)));
            output!(stage_ports.clone().concat(at_home.negate()));

            let by_switch = stage_ports.map(|(port, switch)| (switch, port));
            output!(
                by_switch
                    .clone()
                    .arrange_by_key()
                    .join_core(acls.clone(), |_, port, (priority, matching)| Some((
                        *port, *priority, *matching
                    )),)
                    .distinct()
            );
            output!(by_switch.map(|(switch, _)| switch).count());

            let own = addresses
                .flat_map(|(port, (first, count))| (first..first + count).map(move |address| (port, address)))
                .distinct();
            output!(
                own.clone()
                    .arrange_by_key()
                    .join_core(bound.clone(), |_, address, chassis| Some((*address, *chassis)))
                    .distinct()
            );
            output!(own.map(|(_, address)| address).count().filter(|(_, ports)| *ports > 1));

            let links = links.distinct();
            if rules::is_recursive(group) {
                let reach = scope.iterative::<u32, _, _>(|inner| {
                    let links = links.enter(inner);
                    let (variable, reach) = Variable::new(inner, Product::new(Default::default(), 1));
                    let longer = reach
                        .map(|(x, y)| (y, x))
                        .arrange_by_key()
                        .join_core(links.clone().arrange_by_key(), |_, x, z| Some((*x, *z)));
                    let all = longer.concat(links).distinct();
                    variable.set(all.clone());
                    all.leave(scope)
                });
                output!(reach);
            } else {
                let by_end = links.clone().map(|(x, y)| (y, x)).arrange_by_key();
                let far = by_end.clone().join_core(links.clone().arrange_by_key(), |_, x, z| Some((*x, *z)));
                let starts = links.clone().map(|(x, _)| x).distinct().arrange_by_self();
                let goes_on = by_end.join_core(starts, |y, x, ()| Some((*x, *y)));
                output!(far.concat(links).concat(goes_on.negate()).distinct());
            }
        }
        Program { inputs, probe, counts }
    })
}
