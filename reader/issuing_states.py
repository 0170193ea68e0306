"""From the MRZ's issuing state to the country of its certificates (Doc 9303-3 section 5, Doc 9303-12 section 7.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_ISO_3166: Final = """
    ABWAW AFGAF AGOAO AIAAI ALAAX ALBAL ANDAD AREAE ARGAR ARMAM ASMAS ATAAQ ATFTF ATGAG AUSAU AUTAT AZEAZ BDIBI BELBE
    BENBJ BESBQ BFABF BGDBD BGRBG BHRBH BHSBS BIHBA BLMBL BLRBY BLZBZ BMUBM BOLBO BRABR BRBBB BRNBN BTNBT BVTBV BWABW
    CAFCF CANCA CCKCC CHECH CHLCL CHNCN CIVCI CMRCM CODCD COGCG COKCK COLCO COMKM CPVCV CRICR CUBCU CUWCW CXRCX CYMKY
    CYPCY CZECZ DEUDE DJIDJ DMADM DNKDK DOMDO DZADZ ECUEC EGYEG ERIER ESHEH ESPES ESTEE ETHET FINFI FJIFJ FLKFK FRAFR
    FROFO FSMFM GABGA GBRGB GEOGE GGYGG GHAGH GIBGI GINGN GLPGP GMBGM GNBGW GNQGQ GRCGR GRDGD GRLGL GTMGT GUFGF GUMGU
    GUYGY HKGHK HMDHM HNDHN HRVHR HTIHT HUNHU IDNID IMNIM INDIN IOTIO IRLIE IRNIR IRQIQ ISLIS ISRIL ITAIT JAMJM JEYJE
    JORJO JPNJP KAZKZ KENKE KGZKG KHMKH KIRKI KNAKN KORKR KWTKW LAOLA LBNLB LBRLR LBYLY LCALC LIELI LKALK LSOLS LTULT
    LUXLU LVALV MACMO MAFMF MARMA MCOMC MDAMD MDGMG MDVMV MEXMX MHLMH MKDMK MLIML MLTMT MMRMM MNEME MNGMN MNPMP MOZMZ
    MRTMR MSRMS MTQMQ MUSMU MWIMW MYSMY MYTYT NAMNA NCLNC NERNE NFKNF NGANG NICNI NIUNU NLDNL NORNO NPLNP NRUNR NZLNZ
    OMNOM PAKPK PANPA PCNPN PERPE PHLPH PLWPW PNGPG POLPL PRIPR PRKKP PRTPT PRYPY PSEPS PYFPF QATQA REURE ROURO RUSRU
    RWARW SAUSA SDNSD SENSN SGPSG SGSGS SHNSH SJMSJ SLBSB SLESL SLVSV SMRSM SOMSO SPMPM SRBRS SSDSS STPST SURSR SVKSK
    SVNSI SWESE SWZSZ SXMSX SYCSC SYRSY TCATC TCDTD TGOTG THATH TJKTJ TKLTK TKMTM TLSTL TONTO TTOTT TUNTN TURTR TUVTV
    TWNTW TZATZ UGAUG UKRUA UMIUM URYUY USAUS UZBUZ VATVA VCTVC VENVE VGBVG VIRVI VNMVN VUTVU WLFWF WSMWS YEMYE ZAFZA
    ZMBZM ZWEZW
"""
"""Alpha-3 and alpha-2 code side by side."""

_ALPHA_2: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {pair[:3]: frozenset({pair[3:]}) for pair in _ISO_3166.split()}
    | {
        "D": frozenset({"DE"}),
        "EUE": frozenset({"EU"}),
        # Utopia, the state of Doc 9303's specimens and of the simulator's passports; no CSCA writes UT.
        "UTO": frozenset({"UT"}),
        "UNO": frozenset({"UN"}),
        "UNA": frozenset({"UN"}),
        # Kosovo: neither code stands in ISO 3166; its CSCA writes KS.
        "RKS": frozenset({"KS", "XK"}),
        "UNK": frozenset({"UN", "KS", "XK"}),
        # Dependent territories whose passports the mother country's CSCA may sign.
        "GBD": frozenset({"GB"}),
        "GBN": frozenset({"GB"}),
        "GBO": frozenset({"GB"}),
        "GBP": frozenset({"GB"}),
        "GBS": frozenset({"GB"}),
        "HKG": frozenset({"HK", "CN"}),
        "MAC": frozenset({"MO", "CN"}),
    }
)


def certificate_countries(issuing_state: str) -> frozenset[str]:
    """Give the two-letter countries that certificates of this issuing state may bear.

    Args:
        issuing_state: one to three letters of the MRZ, with or without fillers.

    Returns:
        Empty for a code that is not known here: then nothing can be said.
    """
    return _ALPHA_2.get(issuing_state.rstrip("<").upper(), frozenset())
