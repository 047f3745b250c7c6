#include "protocols/kasa/cloud_keys.hpp"

namespace tplink::kasa {
namespace {

// Published by many open projects (homebridge-kasa-cam, tplink-cloud-api, tapo-cli, ioBroker.tapo): they name the
// application, not a user. The vendor may change them at any time; the configuration can override each.
constexpr std::string_view kTapoAccess = "4d11b6b9d5ea4d19a829adbb9714b057";
constexpr std::string_view kTapoSecret = "6ed7d97f3e73467f8a5bab90b577ba4c";
constexpr std::string_view kKasaAccess = "e37525375f8845999bcc56d5e6faa76d";
constexpr std::string_view kKasaSecret = "314bc6700b3140ca80bc655e527cb062";

// CN=tp-link-CA and its intermediate CN=TP-LINK CA P1 (*.tplinkcloud.com, *.tplinknbu.com), CN=TP-Link Cloud Root CA
// (*.i.tplinkcloud.com). Fingerprints on cloud.md; a test holds them against it.
constexpr const char* kAnchors = {
    R"(-----BEGIN CERTIFICATE-----
MIIDBzCCAe+gAwIBAgIQT5x0ma7QnINHCQvhnmzR9zANBgkqhkiG9w0BAQsFADAV
MRMwEQYDVQQDEwp0cC1saW5rLUNBMCAXDTE4MDExOTA4Mjc1MloYDzIwNjgwMTE5
MDgzNzUyWjAVMRMwEQYDVQQDEwp0cC1saW5rLUNBMIIBIjANBgkqhkiG9w0BAQEF
AAOCAQ8AMIIBCgKCAQEAuGG8n5zEUN1j5wuvUz4pAIMurhKHbpfUUu+b2acFHKS6
iU9hNJWvDyhXcihY5Wz6aq9m4D5SZcgW3k31YoNNtrztDjdg2qw7AaX85S99/G0B
VbIXktrhs34OW19WA/haDwut3dFhLem+gCRRKUXcmuqchZc84dY7JFVfhPcJci4m
sRjLCFNO0ho9OX+MZwfO4BLaeAqKVoAor6rf4BXVtO0xjYHDKO0fb3AWLLJ4EjGe
q6YieqPiYlPFEqRm5PrvBXTm0IuQogygyVpK4LHr/K207ZLyV33DxLLbsUgSEJVn
pZUv/WUujXjlIDgxIvyZZCYiXO3dle2/MEvpmZk6JQIDAQABo1EwTzALBgNVHQ8E
BAMCAYYwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUxu2iBRTsef5iNnsADVhM
JDQWi6kwEAYJKwYBBAGCNxUBBAMCAQAwDQYJKoZIhvcNAQELBQADggEBAB52Majd
+wo3cb5BsTo63z2Psbbyl4ACMUaw68NxUMy61Oihx3mcLzLJqiIZcKePiHskLqLJ
F7QfT9TqjvizMjFJVgsLuVubUBXKBzqyN+3KKlQci0PO3mH+ObhyaE7BzV+qrS3P
dVTgsCWFv8DkgLTRudSWxL7VwVoedc7lRz5EroGgJ33nRGCR0ngcW919tLTARDQO
pULmzulcdWeZgG+0PLX0xjJQIjFEvbOxR1Z+gxMupBz0rWFokmWYrcga8eWiWzjQ
Ia3/ASBVJ69srV77trWlfLumkChbXk9i64NXBKnce0Jmll0Y9OC1nMPqrbQKnzcn
dSAA4fejD/qMQn0=
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIID+DCCAuCgAwIBAgITdAAAAAdZrje7ktFgcAAAAAAABzANBgkqhkiG9w0BAQsF
ADAVMRMwEQYDVQQDEwp0cC1saW5rLUNBMCAXDTIwMDUxOTA5MjEwMloYDzIwNjgw
MTE5MDgzNzUyWjBaMRIwEAYKCZImiZPyLGQBGRYCY24xEzARBgoJkiaJk/IsZAEZ
FgNjb20xFzAVBgoJkiaJk/IsZAEZFgd0cC1saW5rMRYwFAYDVQQDEw1UUC1MSU5L
IENBIFAxMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAv4DMrSRNtjjt
P+1swNtCCthsOCiyy4+v5fFilnP5GPFbTgiOjUA1SMmWqrhDCHG8ZC2HrCIm7/Oj
O41M7IHbr0HHwMOrm4rkeucvuCu1Hmrh47L0YK872aWTlMcqL2Lt2sJJpl7kZhH0
LVWlYPQSXRgOZE6I+UsgUfksf4H7lH1mReYjTa8uzQJzN14IrCUzMc6lAZxMR/fr
zQ2hXbn4P+hGDBtw2k8Zj5rZJm6ALTpe/JGiR04ocOqRhldJYYoijhfqcpp7racT
tbo4wrz4dpfmZQv1K7ZOkAi79lEjTFE6OiSMJAkxL3ObOB3h7qkcjlb9xXgpGWJQ
ylLhFNHnzQIDAQABo4H5MIH2MBAGCSsGAQQBgjcVAQQDAgEBMCMGCSsGAQQBgjcV
AgQWBBRskYoxJ4QIQK+6xIr4syb5p3hJ+zAdBgNVHQ4EFgQUVQi1z4hvsNPAlOf6
v6KN9JRW0l4wGQYJKwYBBAGCNxQCBAweCgBTAHUAYgBDAEEwCwYDVR0PBAQDAgGG
MA8GA1UdEwEB/wQFMAMBAf8wHwYDVR0jBBgwFoAUxu2iBRTsef5iNnsADVhMJDQW
i6kwRAYDVR0fBD0wOzA5oDegNYYzaHR0cDovL3RwY3JsLnRwLWxpbmsuY29tLmNu
L2NlcnRkYXRhL3RwLWxpbmstQ0EuY3JsMA0GCSqGSIb3DQEBCwUAA4IBAQArzgXJ
ZORRDC3hSu0zoAWWn4bUaXy+1K2fbkkfceJc1yQUnx7WhVOtPiuCFYp5qraSUVHk
vFVFEUY2Jhdk1uP7lXQuU81XuCisMA2VoNcOL9blVyturewyN8YWmWhptjeYKEPy
SEUUTTkKjqdsWFwxqyDrwom70Ev+TOZfyF8O8IQCoj1Lv0wcEE1B+HGdVboitJUA
f4+tJg8bqahrZrFMSTVttuRxkIYupPlhFhY880/ptuUy2taRkhDP2717dUdB9KsQ
/xeRvYXgPbK1o4esNjmftMcziWanTLTT/DwQv/8j8J32gGojNtuX8NzYfqx8gxMQ
RUH9G1c+dc3etM0K
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIICKTCCAdCgAwIBAgIUXZHoRKIvheKCxJL4s2rZ/alfEGMwCgYIKoZIzj0EAwMw
cjEeMBwGA1UEAwwVVFAtTGluayBDbG91ZCBSb290IENBMR0wGwYDVQQKDBRUUC1M
aW5rIFN5c3RlbXMgSW5jLjEPMA0GA1UEBwwGSXJ2aW5lMRMwEQYDVQQIDApDYWxp
Zm9ybmlhMQswCQYDVQQGEwJVUzAgFw0yNTAyMjUwMzQ3MTFaGA8yMDU1MDIxODAz
NDcxMVowcjEeMBwGA1UEAwwVVFAtTGluayBDbG91ZCBSb290IENBMR0wGwYDVQQK
DBRUUC1MaW5rIFN5c3RlbXMgSW5jLjEPMA0GA1UEBwwGSXJ2aW5lMRMwEQYDVQQI
DApDYWxpZm9ybmlhMQswCQYDVQQGEwJVUzBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABAHpyZzXk1E4VWyIB+9VMci2Sw5OdeQ+kyFc2/R/f/OiHt6hk4PfMcCKKgS6
hkVVYyVlobJNn052z+s9DJKJgfajQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0P
AQH/BAQDAgGGMB0GA1UdDgQWBBQLV0PTee1jvnJMcUCEtQgJSg/oyTAKBggqhkjO
PQQDAwNHADBEAiAURU4PvHXUrVViDF+rCky3RD9BeUpe91kYoNWe0oKVUwIgY0C5
MsDHbQrwLHs1I7+f2MvZDGBHhNjnl0n4MF9q0L0=
-----END CERTIFICATE-----
)"};

}  // namespace

AppKey tapo_app_key() { return {std::string(kTapoAccess), Secret(std::string(kTapoSecret))}; }
AppKey kasa_app_key() { return {std::string(kKasaAccess), Secret(std::string(kKasaSecret))}; }
CloudKeys default_cloud_keys() { return {tapo_app_key(), kasa_app_key()}; }

std::string_view cloud_trust_anchors() { return kAnchors; }

bool is_cloud_host(std::string_view host) { return host.ends_with(".tplinkcloud.com") || host.ends_with(".tplinknbu.com"); }

}  // namespace tplink::kasa
