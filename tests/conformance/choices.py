# SPDX-License-Identifier: MIT
"""The answer that minhttp gives where a case admits several, by status.

A case absent from here has one acceptable status only, or more than one that is equally safe.
"""

_BY_STATUS = {
    200: "E02 F75 H11 L08 P45 R06 R17 R39 T10",
    204: "M04",
    301: "P54 P55 P61 P62",
    400: """
        C13 C14 C15 C16 C17 C18 C19 C21 C22 C23 C24 C25 C27 C28 C29 C31 C36
        F05 F30 F32 F33 F35 F36 F38 F39 F70 F71
        H05 H10 H17 H27
        P01 P03 P04 P07 P08 P09 P13 P19 P21 P23 P25 P28 P31 P57 P67 P71
        R08 R46 R47 R50 T26 T27
    """,
    403: "P53",
    404: "F77 P12 P14 P16 P17 P18 P40 P41 P42 P48 P49 P50 P51 P52 P56 P60 P65 P77",
    405: "C03 C04 C05 C07 C34 E01 E03 F25 F67 F68 M05 M10 T24",
    413: "C11 F24 L07",
    417: "E04",
    431: "L02 L05",
    501: "M11 M12 R32",
    505: "R19",
}

STATUS = {identity: status for status, identities in _BY_STATUS.items() for identity in identities.split()}
