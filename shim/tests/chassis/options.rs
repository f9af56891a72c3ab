//! The map of Geneve options.

use weir_lab::{Lab, Result};

use crate::harness::{Control, flow, wait_flows};

#[test]
fn a_map_of_others_is_replaced_though_flows_use_it() -> Result {
    let lab = Lab::start(1)?;
    let hv = lab.hv(1);
    hv.vsctl([
        "add-br",
        "br-int",
        "--",
        "set",
        "bridge",
        "br-int",
        "datapath_type=dummy",
        "fail_mode=secure",
    ])?;
    hv.ofctl(&[], "add-tlv-map", ["{class=0xffff,type=0x1,len=8}->tun_metadata0"])?;
    hv.ofctl(&[], "add-flow", ["table=8,tun_metadata0=5,actions=set_field:7->tun_metadata0,output:3"])?;
    let control = Control::start();
    control.take_over(&lab, &[flow(1, 1)]);
    wait_flows(hv, &[flow(1, 1)]);
    let map = hv.ofctl(&[], "dump-tlv-map", [""; 0])?;
    assert!(map.contains("0x102") && map.contains("0x80") && !map.contains("0xffff"), "{map}");
    Ok(())
}
