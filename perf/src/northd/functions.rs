//! The functions that OVN's rules declare `extern`, under the names of their module.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use weir_engine::eval::{ExternError, Externs};

use super::addresses::{EthAddr, In6Addr, InAddr};
use super::lists::{json_string, load_balancer_key, ranges};
use super::ports::{LPortAddress, is_dynamic, static_ip_of_dynamic};
use super::scan::Scanner;

/// All that `ovn.dl` declares, and what the rules use of their `bitwise.dl`. `warnings` counts what they warn of.
pub fn functions(warnings: &Arc<AtomicU64>) -> Externs {
    let warnings = warnings.clone();
    Externs::new()
        .typed("ovn::eth_addr_from_string", |text: String| Ok(EthAddr::parse(&text)))
        .typed("ovn::scan_eth_addr", |text: String| Ok(EthAddr::scan(&mut Scanner::new(&text))))
        .typed("ovn::scan_eth_addr_prefix", |text: String| Ok(EthAddr::scan_prefix(&text)))
        .typed("ovn::eth_addr2string", |address: EthAddr| Ok(address.to_string()))
        .typed("ovn::ip_parse", |text: String| Ok(InAddr::parse(&text)))
        .typed("ovn::ip_parse_masked", |text: String| Ok(Either::from(InAddr::parse_masked(&text))))
        .typed("ovn::ip_parse_cidr", |text: String| Ok(Either::from(InAddr::parse_cidr(&text))))
        .typed("ovn::scan_static_dynamic_ip", |text: String| Ok(static_ip_of_dynamic(&text)))
        .typed("ovn::parse_ip_list", |text: String| Ok(Either::from(ranges(&text))))
        .typed("ovn::ipv6_parse", |text: String| Ok(In6Addr::parse(&text)))
        .typed("ovn::ipv6_parse_masked", |text: String| Ok(Either::from(In6Addr::parse_masked(&text))))
        .typed("ovn::ipv6_parse_cidr", |text: String| Ok(Either::from(In6Addr::parse_cidr(&text))))
        .typed("ovn::string_mapped", |address: In6Addr| Ok(address.mapped_text()))
        .typed("ovn::inet6_ntop", |address: In6Addr| Ok(address.to_string()))
        .typed("ovn::warn", move |_: String| {
            warnings.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
        .typed("ovn::abort", |message: String| Err::<(), _>(ExternError::new(message)))
        .typed("ovn::is_dynamic_lsp_address", |text: String| Ok(is_dynamic(&text)))
        .typed("ovn::extract_lsp_addresses", |text: String| Ok(LPortAddress::with_mac(&text)))
        .typed("ovn::extract_addresses", |text: String| Ok(LPortAddress::with_mac(&text)))
        .typed("ovn::extract_lrp_networks", |mac: String, networks: Vec<String>| {
            Ok(LPortAddress::of_router(&mac, &networks))
        })
        .typed("ovn::extract_ip_addresses", |text: String| Ok(LPortAddress::without_mac(&text)))
        .typed("ovn::split_addresses", |text: String| Ok(LPortAddress::split(&text)))
        .typed("ovn::ovn_internal_version", || Ok("weir-perf"))
        .typed("ovn::json_string_escape", |text: String| Ok(json_string(&text)))
        .typed("ovn::ip_address_and_port_from_lb_key", |key: String| Ok(load_balancer_key(&key)))
        .typed("bitwise::u32_trailing_zeros", |number: u32| Ok(number.trailing_zeros()))
        .typed("bitwise::u128_trailing_zeros", |number: u128| Ok(number.trailing_zeros()))
}

/// `Either` of the library, with an error on the left.
#[derive(Serialize)]
enum Either<T> {
    Left { l: String },
    Right { r: T },
}

impl<T> From<Result<T, String>> for Either<T> {
    fn from(result: Result<T, String>) -> Self {
        match result {
            Ok(r) => Either::Right { r },
            Err(l) => Either::Left { l },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use weir_engine::compile::compile_text;
    use weir_engine::value::Value;
    use weir_engine::{Config, Engine, Update};

    use super::*;

    /// Declared as OVN's rules declare them, and called: the types fit both ways.
    #[test]
    fn declared_and_called() {
        let module = "typedef eth_addr = EthAddr { ha: bit<48> }
            typedef in_addr = InAddr { a: bit<32> }
            typedef in6_addr = In6Addr { aaaa: bit<128> }
            typedef v46_ip = IPv4 { ipv4: in_addr } | IPv6 { ipv6: in6_addr }
            typedef ipv4_netaddr = IPV4NetAddr { addr: in_addr, plen: bit<32> }
            typedef ipv6_netaddr = IPV6NetAddr { addr: in6_addr, plen: bit<32> }
            typedef lport_addresses = LPortAddress {
                ea: eth_addr, ipv4_addrs: Vec<ipv4_netaddr>, ipv6_addrs: Vec<ipv6_netaddr>
            }
            extern function eth_addr2string(addr: eth_addr): string
            extern function ip_parse_masked(s: string): Either<string, (in_addr, in_addr)>
            extern function parse_ip_list(ips: string): Either<string, Vec<(in_addr, Option<in_addr>)>>
            extern function string_mapped(addr: in6_addr): string
            #[has_side_effects] extern function warn(msg: string): ()
            extern function extract_lrp_networks(mac: string, networks: Set<string>): Option<lport_addresses>
            extern function split_addresses(addr: string): (Set<string>, Set<string>)
            extern function ip_address_and_port_from_lb_key(k: string): Option<(v46_ip, bit<16>)>";
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ovn.dl"), module).unwrap();
        let text = r#"import ovn
            input relation In(x: string)
            output relation Out(x: string)
            function warned(x: string): string { warn(x); x }
            Out("masked ${ip.a} ${mask.a}") :- In(x), Right{(var ip, var mask)} = ip_parse_masked(x).
            Out("refused ${error}") :- In(x), Left{var error} = ip_parse_masked(x).
            Out("list ${ips.len()}") :- In(x), Right{var ips} = parse_ip_list(x).
            Out("split ${ipv4.size()} ${ipv6.size()}") :-
                In(x), (var ipv4, var ipv6) = split_addresses("0a:00:00:00:00:01 " ++ x).
            Out("key ${ip.a} ${port}") :-
                In(x), Some{(IPv4{var ip}, var port)} = ip_address_and_port_from_lb_key(x ++ ":80").
            Out("router ${port.ea.ha} ${port.ipv4_addrs.len()} ${port.ipv6_addrs.len()}") :-
                In(x), Some{var port} = extract_lrp_networks("02:00:00:00:00:01", set_singleton(x)).
            Out("warned ${warned(x)}") :- In(x).
            Out(eth_addr2string(EthAddr{10}) ++ " " ++ string_mapped(In6Addr{1}))."#;
        let program = compile_text("test.dl", text, &[directory.path().to_owned()]);
        let program = program.map_err(|(_, errors)| errors).unwrap().0;
        let warnings = Arc::new(AtomicU64::new(0));
        let config = Config { externs: functions(&warnings), ..Config::default() };
        let engine = Engine::new(program, config).unwrap();
        let relation = engine.program().relation("In").unwrap();
        let insert =
            |text: &str| Update::Insert { relation, record: Value::Tuple(vec![Value::Str(text.into())]) };
        engine.commit(vec![insert("10.0.0.1"), insert("x")]).unwrap();
        let out = engine.dump(engine.program().relation("Out").unwrap()).unwrap();
        let out: Vec<String> = out.into_iter().map(|(record, _)| record.to_string()).collect();
        let expected = [
            "00:00:00:00:00:0a ::1",
            "key 167772161 80",
            "list 1",
            "masked 167772161 4294967295",
            "refused x: invalid IP address",
            "router 2199023255553 0 1",
            "router 2199023255553 1 1",
            "split 0 0",
            "split 1 0",
            "warned 10.0.0.1",
            "warned x",
        ];
        assert_eq!(out, expected.map(|text| format!("Out{{.x = {text:?}}}")));
        assert!(warnings.load(Ordering::Relaxed) > 0);
    }
}
